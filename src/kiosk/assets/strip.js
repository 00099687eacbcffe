// The strip at the lower edge: satisfaction for everybody, panels for staff.
//
// 1. At most one panel is open; a change of who is signed in closes it.
// 2. Which panels can be opened follows from the state alone.
// 3. After a tap on satisfaction the faces rest: the box notes no more than one in that time.

import { act } from "./act.js";
import { closeDialog, tell } from "./dialog.js";
import { byId, button, el, fill, keyed, say, setAttribute } from "./dom.js";
import { device } from "./device.js";
import { find } from "./find.js";
import { late } from "./late.js";
import { reviews } from "./reviews.js";
import { sign } from "./sign.js";
import { today } from "./today.js";

const PANELS = { sign, reviews, find, today, late, device };
const FACES = { satisfied: "good", fair: "fair", dissatisfied: "bad" };

const REST_MS = 2000;

const strip = byId("strip");
const holder = byId("panel");
setAttribute(strip, "aria-label", say.strip);

let state = null;
let open = null;
let panel = null;
let resting = false;

/** Shows the strip and the open panel of a state. */
export function showStrip(newest, restarted) {
  const signed = (one) => one?.operator?.id ?? null;
  const changed = state !== null && signed(state) !== signed(newest);
  const just = changed && state.operator === null;
  state = newest;
  if (changed) {
    closeDialog();
    const waits = just && state.reviews.count > 0;
    openPanel(waits ? "reviews" : null);
  }
  draw();
  panel?.update(state, restarted);
}

/** Opens the panel in which staff sign in. */
export function openSignIn() {
  openPanel("sign");
}

function openPanel(name) {
  const before = open;
  open = name;
  panel = name ? PANELS[name]() : null;
  document.body.classList.toggle("open", name !== null);
  holder.hidden = name === null;
  if (panel) {
    setAttribute(holder, "aria-label", panel.title);
    holder.replaceChildren(el("header", {}, el("h2", {}, panel.title), button("close", say.close, () => openPanel(null))), panel.body);
    panel.update(state, false);
    panel.focus?.();
  } else {
    holder.replaceChildren();
  }
  if (state) draw();
  if (name === null && before !== null) strip.querySelector(`[data-key="${before}"]`)?.focus();
}

function toggle(name) {
  openPanel(open === name ? null : name);
}

const satisfaction = el("div", { class: "group", role: "group", "aria-label": say.satisfaction });
const taps = el("div", { class: "group taps" });
const staff = el("div", { class: "group" });
satisfaction.append(el("span", { class: "label" }, say.satisfaction), taps);
strip.replaceChildren(satisfaction, staff);

function draw() {
  document.body.classList.toggle("signed", state.operator !== null);
  const faces = state.options.satisfaction.map((option) => ({ ...option, resting }));
  keyed(taps, faces, (face) => face.code, (face) =>
    button(FACES[face.code] ?? "fair", face.text, () => satisfied(face.code), { disabled: face.resting }),
  );
  keyed(staff, wanted(), (item) => item.key, drawItem);
}

/** The buttons that this state gives staff. */
function wanted() {
  const waiting = state.reviews.count;
  const ailing = state.device.faults.length > 0;
  const panels = state.operator
    ? [
        { key: "reviews", icon: "review", text: say.reviews, badge: waiting, calls: waiting > 0 },
        { key: "find", icon: "find", text: say.find },
        { key: "today", icon: "today", text: say.today },
        { key: "late", icon: "late", text: say.late },
      ]
    : [{ key: "sign", icon: "sign", text: say.sign_in, badge: waiting, calls: waiting > 0 }];
  panels.push({ key: "device", icon: ailing ? "fault" : "box", text: ailing ? say.device_ailing : say.device, calls: ailing });
  const items = panels.map((item) => ({ ...item, open: item.key === open }));
  if (state.operator) items.push({ key: "sign-out", icon: "leave", text: say.sign_out });
  else items.push({ key: "language", icon: "language", text: say.other_language });
  return items;
}

function drawItem(item) {
  if (item.key === "sign-out") return button(item.icon, item.text, () => doAndTell("sign-out", {}), { title: fill(say.signed_in, { name: state.operator.name.slice(0, 60) }) });
  if (item.key === "language") {
    const other = state.language === "zh" ? "en" : "zh";
    return button(item.icon, item.text, () => doAndTell("language", { language: other }), { lang: other });
  }
  const made = button(item.icon, item.text, () => toggle(item.key), { class: item.calls ? "button calls" : "button", "aria-expanded": String(item.open), "aria-controls": "panel" });
  if (item.badge) made.append(el("span", { class: "badge" }, String(item.badge)));
  return made;
}

async function satisfied(value) {
  const rest = (now) => {
    resting = now;
    draw();
  };
  rest(true);
  await doAndTell("satisfaction", { value });
  setTimeout(() => rest(false), REST_MS);
}

async function doAndTell(name, body) {
  tell(await act(name, body));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open !== null && !byId("dialog").open) openPanel(null);
});
