// Today's meals: counts, and a list from which a meal can be undone.

import { read } from "./act.js";
import { ask } from "./dialog.js";
import { button, el, fill, keyed, person, say } from "./dom.js";

// The list is read again after a change, but no more often than this.
const REREAD_MS = 700;

/** The panel of today's meals. */
export function today() {
  const meals = el("dl", { class: "counts" });
  const taps = el("dl", { class: "counts small" });
  const rows = el("ul", { class: "rows" });
  const more = el("p", { class: "soft" });
  const left = el("p", { class: "soft" });
  let options = [];
  let reading = null;
  let seen = "";

  async function reread() {
    reading = null;
    const list = await read("/today");
    if (!list || !rows.isConnected) return;
    keyed(rows, list.rows, (row) => row.entry, draw);
    more.textContent = list.more > 0 ? fill(say.today_more, { count: list.more }) : list.rows.length === 0 ? say.today_none : "";
  }

  function show(list, counts) {
    keyed(list, counts, (count) => count.code, (count) =>
      el("div", { class: count.code === "diners" ? "count first" : "count" }, el("dt", {}, count.text), el("dd", {}, String(count.count))),
    );
  }

  function draw(row) {
    const void_it = () =>
      ask({
        name: "void",
        title: say.undo_question,
        subject: [row.person ? person(row.person) : say.nobody, el("p", { class: "soft" }, about(row))],
        reasons: options,
        chosen: (reason) => ({ entry: row.entry, reason }),
      });
    return el(
      "li",
      { class: row.state.code === "void" ? "gone" : null },
      el("span", { class: "time" }, row.time),
      el("span", { class: "person" }, row.person ? person(row.person) : say.nobody, el("span", { class: "facts" }, about(row))),
      row.voidable ? button("undo", say.undo, void_it) : el("span", { class: "tag" }, row.state.text),
    );
  }

  function about(row) {
    const money = row.reason ? row.reason.text : fill(say.yuan, { amount: row.amount });
    const by = row.operator ? fill(say.by_operator, { id: row.operator }) : null;
    return [row.window.text, row.method.text, money, by].filter(Boolean).join(" · ");
  }

  return {
    title: say.today,
    body: el("div", { class: "body" }, meals, taps, left, rows, more),
    update(state) {
      options = state.options.void;
      left.textContent = state.left ? fill(say.left_void, { count: state.left.void }) : "";
      const { diners, subsidised, bands, satisfaction } = state.counts;
      show(meals, [{ code: "diners", text: say.diners, count: diners }, { code: "subsidised", text: say.subsidised, count: subsidised }, ...bands]);
      show(taps, satisfaction);
      const told = `${state.server} ${JSON.stringify(state.counts)} ${state.reviews.count} ${state.left?.void}`;
      if (told !== seen) {
        const first = seen === "";
        seen = told;
        reading ??= setTimeout(reread, first ? 0 : REREAD_MS);
      }
    },
  };
}
