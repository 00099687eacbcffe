// The camera's picture, a stream of its own.
//
// 1. A browser opens six connections to one host: so many of its pages show the picture, and leave
//    the rest to whatever else they ask. The others show words alone, until a place is free.
// 2. It is let go while nobody would see it.

import { byId, say } from "./dom.js";

const STREAMS_MAX = 3;
const NAME = "canteend-picture";
const RETRY_MS = 2_000;

const view = byId("view");
const picture = byId("preview");
picture.alt = say.preview;

let wanted = false;
// What ends this page's place, or its asking for one.
let place = null;
let again = null;

/** Shows the picture, or takes it away. */
export function showPicture(want) {
  wanted = want;
  if (want && !document.hidden) watch();
  else leave();
}

async function watch() {
  if (place) return;
  const mine = new AbortController();
  place = mine;
  /** Shows the picture until nobody wants it any more. */
  const hold = (lock) => {
    if (!lock || mine.signal.aborted) return mine.signal.aborted;
    view.hidden = false;
    load();
    return new Promise((resolve) => mine.signal.addEventListener("abort", () => resolve(true)));
  };
  for (let slot = 0; slot < STREAMS_MAX; slot += 1) {
    if (await navigator.locks.request(`${NAME}-${slot}`, { ifAvailable: true }, hold)) return;
  }
  if (place !== mine) return;
  place = null;
  clearTimeout(again);
  again = setTimeout(() => showPicture(wanted), RETRY_MS);
}

function leave() {
  place?.abort();
  place = null;
  clearTimeout(again);
  view.hidden = true;
  picture.removeAttribute("src");
}

function load() {
  picture.src = `/preview?${Date.now()}`;
}

picture.addEventListener("error", () => {
  clearTimeout(again);
  if (place) again = setTimeout(load, RETRY_MS);
});
document.addEventListener("visibilitychange", () => showPicture(wanted));
