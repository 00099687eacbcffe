// Signing in: an operator's id and their PIN, by keys on the screen or a keyboard.
//
// The PIN is in its field until it is sent, and nowhere after that.

import { act } from "./act.js";
import { tell } from "./dialog.js";
import { button, el, say } from "./dom.js";
import { keyboard } from "./keys.js";

const ID_CHARS_MAX = 32;
const PIN_CHARS_MAX = 16;

let forms = 0;
let lastOperator = "";

/** Fields for an operator's id and PIN. `send` gets both, and empties the PIN's field before. */
export function credentials(word, send, operatorLabel = say.operator) {
  forms += 1;
  let active = null;
  const use = (event) => {
    active = event.target;
  };
  const operator = el("input", { id: `operator-${forms}`, type: "text", inputmode: "none", maxlength: ID_CHARS_MAX, autocomplete: "off", autocapitalize: "none", spellcheck: "false", onfocus: use });
  const pin = el("input", { id: `pin-${forms}`, type: "password", inputmode: "none", maxlength: PIN_CHARS_MAX, autocomplete: "off", onfocus: use });
  const submit = button("check", word, null, { type: "submit", class: "button main" });
  active = operator;

  async function go(event) {
    event.preventDefault();
    if (operator.value === "") return operator.focus();
    if (pin.value === "") return pin.focus();
    const typed = { operator: operator.value.toLowerCase(), pin: pin.value };
    pin.value = "";
    submit.disabled = true;
    await send(typed);
    submit.disabled = false;
  }

  const node = el(
    "form",
    { class: "credentials", onsubmit: go, autocomplete: "off" },
    el("div", { class: "field" }, el("label", { for: operator.id }, operatorLabel), operator),
    el("div", { class: "field" }, el("label", { for: pin.id }, say.pin), pin),
    submit,
    keyboard(() => active, false),
  );
  return {
    node,
    start(id) {
      operator.value = id;
      pin.value = "";
      (id === "" ? operator : pin).focus();
    },
  };
}

/** The panel in which an operator signs in; the state then says who it is. */
export function sign() {
  const form = credentials(say.confirm, async (typed) => {
    const answer = await act("sign-in", typed);
    if (answer.ok) lastOperator = typed.operator;
    tell(answer);
  });
  return {
    title: say.sign_in,
    body: el("div", { class: "body" }, form.node),
    focus: () => form.start(lastOperator),
    update() {},
  };
}
