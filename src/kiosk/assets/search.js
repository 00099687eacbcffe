// Finding an elder by name, pinyin initials or the last four digits.
//
// 1. Only the answer to the newest question is shown.
// 2. What was found holds for one run of the daemon: `forget` clears it.

import { read } from "./act.js";
import { el, fill, icon, keyed, person, say } from "./dom.js";
import { keyboard } from "./keys.js";

const QUERY_CHARS_MAX = 32;
const PAUSE_MS = 120;
const ANSWER_MS_MAX = 5_000;

let fields = 0;

/** A search field with keys and hits; `picked` gets the elder that is tapped. */
export function search(picked) {
  const id = `search-${(fields += 1)}`;
  const input = el("input", { id, type: "text", inputmode: "none", maxlength: QUERY_CHARS_MAX, autocomplete: "off", spellcheck: "false", placeholder: say.find_hint, oninput: later });
  const hits = el("div", { class: "hits" });
  const more = el("p", { class: "soft", role: "status" });
  let waiting = null;
  let question = null;

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(find, PAUSE_MS);
  }

  async function find() {
    question?.abort();
    const text = input.value.trim();
    if (text === "") {
      show([], "");
      return;
    }
    const mine = new AbortController();
    question = mine;
    const late = setTimeout(() => mine.abort(), ANSWER_MS_MAX);
    const found = await read(`/find?q=${encodeURIComponent(text)}`, mine.signal);
    clearTimeout(late);
    if (question !== mine) return;
    if (!found) show([], say.find_failed);
    else if (found.hits.length === 0) show([], say.find_none);
    else show(found.hits, found.more > 0 ? fill(say.find_more, { count: found.more }) : "");
  }

  function show(people, text) {
    keyed(hits, people, (who) => who.token, (who) =>
      el("button", { type: "button", class: "button hit", onclick: () => picked(who) }, person(who), icon("forward")),
    );
    more.textContent = text;
  }

  function forget() {
    clearTimeout(waiting);
    question?.abort();
    input.value = "";
    show([], "");
  }

  const node = el(
    "div",
    { class: "search" },
    el("div", { class: "field" }, el("div", { class: "label-row" }, el("label", { for: id }, say.find_label), more), input),
    hits,
    keyboard(() => input),
  );
  return { node, forget, focus: () => input.focus() };
}
