// Questions before something is done, and notices of what was done.

import { act } from "./act.js";
import { byId, el, fill, icon, button, say } from "./dom.js";

const NOTICE_MS = 8_000;

const dialog = byId("dialog");
const notice = byId("notice");
let fading = null;
let answered = null;

/**
 * Asks before an action, once: a subject, perhaps a choice of reasons, then confirm or back.
 * `chosen` makes the body of the action from the reason, and may be asked only when one is chosen.
 * The promise holds the daemon's answer, or `null` where staff went back.
 */
export function ask({ title, subject, explained, reasons, name, chosen }) {
  let reason = null;
  const confirm = button("check", say.confirm, carryOut, { class: "button main" });
  const back = button("close", say.back, () => finish(null));
  confirm.disabled = Boolean(reasons);
  const choices = (reasons ?? []).map((one) => {
    const choice = el("button", { type: "button", class: "button", role: "radio", "aria-checked": "false" }, one.text);
    choice.addEventListener("click", () => {
      reason = one.code;
      for (const other of choices) other.setAttribute("aria-checked", String(other === choice));
      confirm.disabled = false;
    });
    return choice;
  });

  async function carryOut() {
    confirm.disabled = true;
    const answer = await act(name, chosen(reason));
    tell(answer);
    finish(answer);
  }

  return open(
    title,
    subject ? el("div", { class: "subject" }, subject) : null,
    explained ? el("p", { class: "soft" }, explained) : null,
    reasons ? el("div", { class: "choices", role: "radiogroup", "aria-label": say.reason }, choices) : null,
    el("div", { class: "answers" }, back, confirm),
  );
}

/** Shows something until it is read. */
export function show(title, ...parts) {
  return open(title, ...parts, el("div", { class: "answers one" }, button("check", say.known, () => finish(null), { class: "button main" })));
}

/** Closes what is open, as if staff had gone back. */
export function closeDialog() {
  finish(null);
}

function open(title, ...parts) {
  finish(null);
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), ...parts.filter(Boolean));
  dialog.showModal();
  return new Promise((resolve) => {
    answered = resolve;
  });
}

function finish(answer) {
  if (dialog.open) dialog.close();
  // A name is not kept where nobody sees it.
  dialog.replaceChildren();
  const resolve = answered;
  answered = null;
  resolve?.(answer);
}

dialog.addEventListener("close", () => finish(null));

/** Says what came of an action, for a while. */
export function tell(answer) {
  const wait = answer.retry_s ? ` ${fill(say.retry_after, { count: answer.retry_s })}` : "";
  notice.classList.toggle("refused", !answer.ok);
  notice.replaceChildren(icon(answer.ok ? "check" : "fault"), el("span", {}, el("bdi", {}, answer.text), wait));
  clearTimeout(fading);
  fading = setTimeout(() => notice.replaceChildren(), NOTICE_MS);
}
