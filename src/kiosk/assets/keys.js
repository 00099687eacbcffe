// Keys on the screen, for a box without a keyboard. A real keyboard types into the same fields.

import { el, icon, say } from "./dom.js";

const LETTERS = ["QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM"];
// In the order of a telephone.
const DIGITS = ["123", "456", "789", "0"];

function press(field, change) {
  field.value = change(field.value).slice(0, field.maxLength > 0 ? field.maxLength : undefined);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function key(text, field) {
  return el("button", { type: "button", class: "button", onclick: () => press(field(), (value) => value + text) }, text);
}

function eraser(field) {
  const erase = () => press(field(), (value) => Array.from(value).slice(0, -1).join(""));
  return el("button", { type: "button", class: "button", "aria-label": say.erase, onclick: erase }, icon("erase"));
}

/** Letters, with a key that changes them for digits and back, for the field that `field` names at each press. */
export function keyboard(field, lettersFirst = true) {
  const board = el("div", { class: "keys" });
  function show(letters) {
    const change = el("button", { type: "button", class: "button wide", onclick: () => show(!letters) }, letters ? say.digits : say.letters);
    const rows = letters ? LETTERS.map((row) => Array.from(row, (letter) => key(letter, field))) : DIGITS.map((row) => Array.from(row, (digit) => key(digit, field)));
    rows.at(-1).push(eraser(field));
    rows.at(-1).unshift(change);
    const hadFocus = board.contains(document.activeElement);
    board.classList.toggle("pad", !letters);
    board.replaceChildren(...rows.map((row) => el("div", {}, row)));
    if (hadFocus) change.focus();
  }
  show(lettersFirst);
  return board;
}
