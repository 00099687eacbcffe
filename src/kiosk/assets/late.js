// Entering a meal of an earlier day (补录): day, meal, reason, elder, and a second operator.

import { act } from "./act.js";
import { tell } from "./dialog.js";
import { button, el, fill, keyed, person, say } from "./dom.js";
import { search } from "./search.js";
import { credentials } from "./sign.js";

const days = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", day: "numeric", weekday: "short", timeZone: "UTC" });

/** A service date as people say it. */
const dayName = (date) => days.format(new Date(date));

/** The panel of the late entry. */
export function late() {
  const chosen = { date: null, window: null, reason: null };
  let elder = null;
  const left = el("p", { class: "soft" });
  const steps = {
    date: choice("date", say.late_date),
    window: choice("window", say.late_window),
    reason: choice("reason", say.reason),
  };
  const field = search((who) => {
    elder = who;
    draw();
    form.start("");
  });
  const form = credentials(say.confirm, send, say.late_second);
  const so_far = el("div", { class: "row spread" });
  const choices = el("div", { class: "search" }, ...Object.values(steps).map((step) => step.node));
  const body = el("div", { class: "body" }, left, choices, so_far, field.node, form.node);

  /** One choice among buttons. */
  function choice(name, legend) {
    const choices = el("div", { class: "choices", role: "radiogroup", "aria-label": legend });
    return {
      node: el("div", {}, el("p", { class: "legend" }, legend), choices),
      update(options) {
        if (chosen[name] !== null && !options.some((option) => option.code === chosen[name])) chosen[name] = null;
        const marked = options.map((option) => ({ ...option, checked: option.code === chosen[name] }));
        keyed(choices, marked, (option) => option.code, (option) =>
          el("button", { type: "button", class: "button", role: "radio", "aria-checked": String(option.checked), onclick: () => pick(name, option.code) }, option.text),
        );
      },
    };
  }

  let options = null;
  let drawn = "";

  /** What can be chosen may change with every state; what was chosen is drawn only when it does. */
  function refresh() {
    const now = JSON.stringify(options);
    if (now === drawn) return;
    drawn = now;
    draw();
  }

  function pick(name, code) {
    chosen[name] = code;
    draw();
  }

  function draw() {
    steps.date.update(options.late_dates.map((date) => ({ code: date, text: dayName(date) })));
    steps.window.update(options.windows);
    steps.reason.update(options.late);
    const ready = Object.values(chosen).every((value) => value !== null);
    choices.hidden = ready;
    so_far.hidden = !ready;
    field.node.hidden = !ready || elder !== null;
    form.node.hidden = elder === null;
    if (!ready) return;
    const word = (list, code) => list.find((option) => option.code === code)?.text ?? code;
    const about = [dayName(chosen.date), word(options.windows, chosen.window), word(options.late, chosen.reason)].join(" · ");
    so_far.replaceChildren(
      el("div", { class: "person" }, elder ? person(elder) : null, el("span", { class: "facts" }, about)),
      button("undo", say.change, forget),
    );
    if (elder === null) field.focus();
  }

  /** Back to the first step. */
  function forget() {
    elder = null;
    for (const name of Object.keys(chosen)) chosen[name] = null;
    field.forget();
    draw();
  }

  async function send(second) {
    const answer = await act("late", { elder: elder.token, ...chosen, second: second.operator, pin: second.pin });
    tell(answer);
    if (answer.ok) forget();
  }

  return {
    title: say.late,
    body,
    update(state, restarted) {
      options = state.options;
      left.textContent = state.left ? fill(say.left_late, { count: state.left.late }) : "";
      if (restarted) forget();
      else refresh();
    },
  };
}
