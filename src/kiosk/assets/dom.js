// Building and changing the page's elements.
//
// 1. Text reaches the page as text only: nothing here parses markup.
// 2. An element that shows what it showed before is not touched, so that focus, scrolling and
//    screen readers are left in peace.

const FILES = new URL(".", import.meta.url).href;
// Names may be of any length; no screen shows more of one.
const NAME_CHARS_MAX = 60;

/** The fixed texts of the page's language, by name. */
export const say = JSON.parse(document.querySelector("meta[name=labels]").content);

/** Puts values into the {places} of a text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** The element with an id, which page.html has. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. Properties that begin with "on" are listeners, `class`, `data-*`, `aria-*` and the
 * like attributes; `false`, `null` and `undefined` leave one out. Children are nodes or texts.
 */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** An icon of the sprite; it says nothing that words beside it do not say. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  setIcon(use, name);
  svg.append(use);
  return svg;
}

/** Shows another icon of the sprite. */
export function setIcon(use, name) {
  setAttribute(use, "href", `${FILES}icons.svg#${name}`);
}

/** A button with icon and word. */
export function button(name, text, onclick, properties = {}) {
  return el("button", { type: "button", class: "button", onclick, ...properties }, icon(name), el("span", {}, text));
}

/** A name as people write it: set apart from the text around it, whatever its direction. */
export function personName(text) {
  const chars = Array.from(text.slice(0, NAME_CHARS_MAX * 4));
  const short = chars.length > NAME_CHARS_MAX ? `${chars.slice(0, NAME_CHARS_MAX).join("")}…` : text;
  return el("bdi", { class: "name" }, short.trim() === "" ? say.no_name : short);
}

/** Name, age and the last four digits. */
export function person(who) {
  const last4 = who.last4 ? fill(say.last4, { digits: who.last4 }) : null;
  return el(
    "span",
    { class: "person" },
    personName(who.name),
    el("span", { class: "facts" }, fill(say.age, { years: who.age }), last4 ? ` · ${last4}` : ""),
  );
}

/** Changes an element's text where it differs. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Changes a sentence where it differs, and lets it break between words only: in large type a line
 * that ends inside a word is hard to read.
 */
export function setSentence(node, text, language) {
  if (node.textContent === text) return;
  const parts = [];
  for (const { segment, isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
    if (isWordLike && parts.length > 0) parts.push(document.createElement("wbr"));
    parts.push(segment);
  }
  node.replaceChildren(...parts);
}

/** Changes an attribute where it differs. */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Makes the children of `parent` those of `items`: what is there under the same key stays, unless
 * what it shows changed.
 */
export function keyed(parent, items, keyOf, make) {
  const old = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    const shows = JSON.stringify(item);
    const kept = old.get(key);
    if (kept && kept.shows === shows) return kept;
    const made = make(item);
    made.dataset.key = key;
    made.shows = shows;
    return made;
  });
  const same = wanted.length === parent.children.length && wanted.every((node, at) => node === parent.children[at]);
  if (same) return;
  const focused = parent.contains(document.activeElement) ? document.activeElement.closest("[data-key]") : null;
  parent.replaceChildren(...wanted);
  if (focused && !focused.isConnected) {
    const again = wanted.find((node) => node.dataset.key === focused.dataset.key);
    const at = again?.querySelector("button") ?? again;
    // What has no button any more, as a meal that was undone, keeps the place all the same.
    if (at && at.tabIndex < 0) at.setAttribute("tabindex", "-1");
    at?.focus();
  }
}
