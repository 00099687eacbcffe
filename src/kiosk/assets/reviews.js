// People who wait for staff, one at a time, the oldest first.
//
// Candidates stand in the order in which the daemon sends them, which says nothing about either;
// none is marked, and 都不是 is an answer like them.

import { ask } from "./dialog.js";
import { button, el, fill, icon, person, say } from "./dom.js";
import { search } from "./search.js";

const SECONDS_SHOWN_MAX = 120;

/** The panel of those who wait. */
export function reviews() {
  const body = el("div", { class: "body" });
  let open = [];
  let count = 0;
  let current = null;
  let searching = null;
  let shown = "";

  function choose(review, who) {
    return ask({
      name: "choose",
      title: who ? say.choose_question : say.neither,
      subject: who ? person(who) : null,
      explained: who ? null : say.neither_explained,
      chosen: () => ({ review: review.number, pick: who?.token ?? null }),
    });
  }

  function since(review) {
    const values = { meal: review.window.text, time: review.time, seconds: review.age_s, minutes: Math.floor(review.age_s / 60) };
    return fill(review.age_s <= SECONDS_SHOWN_MAX ? say.review_since : say.review_since_minutes, values);
  }

  function candidate(review, who) {
    return el("button", { type: "button", class: "button candidate", "data-key": who.token, onclick: () => choose(review, who) }, icon("person"), person(who));
  }

  function draw() {
    const at = open.findIndex((review) => review.number === current);
    const review = open[at] ?? open[0];
    if (current !== review?.number) searching = null;
    current = review?.number ?? null;
    const now = JSON.stringify([review, count, at, searching !== null]);
    if (now === shown) return;
    shown = now;
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    body.replaceChildren(...(review ? parts(review, Math.max(at, 0)) : [el("p", { class: "empty" }, say.no_reviews)]));
    if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function parts(review, at) {
    const next = () => {
      current = open[(at + 1) % open.length].number;
      draw();
    };
    const head = el(
      "div",
      { class: "row spread" },
      el("p", {}, el("strong", {}, fill(say.review_at, { at: at + 1, count })), el("br"), since(review), count > open.length ? el("span", { class: "soft" }, ` · ${fill(say.review_oldest, { count: open.length })}`) : null),
      searching ? button("undo", say.back, stopSearch, { "data-key": "back" }) : null,
      open.length > 1 && !searching ? button("forward", say.review_next, next, { "data-key": "next" }) : null,
    );
    const reasons = el("p", { class: "reasons" }, review.reasons.map((reason) => el("span", { class: "tag" }, reason.text)));
    if (searching) return [head, searching.node];
    return [
      head,
      reasons,
      el("p", {}, review.candidates.length > 0 ? say.review_choose : say.review_nobody),
      el("div", { class: "candidates" }, review.candidates.map((who) => candidate(review, who))),
      el(
        "div",
        { class: "candidates" },
        button("neither", say.neither, () => choose(review, null), { "data-key": "neither" }),
        button("find", say.other_elder, () => startSearch(review), { "data-key": "find" }),
      ),
    ];
  }

  function startSearch(review) {
    searching = search((who) => choose(review, who));
    draw();
    searching.focus();
  }

  function stopSearch() {
    searching = null;
    draw();
  }

  return {
    title: say.reviews,
    body,
    update(state, restarted) {
      if (restarted) searching = null;
      open = state.reviews.open;
      count = state.reviews.count;
      draw();
    },
  };
}
