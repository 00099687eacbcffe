// The states of the daemon, on every page of this browser.
//
// 1. A browser opens six connections to one host, for all its pages together. So one page reads the
//    stream and tells the others; when it is closed or hidden, the next in line reads.
// 2. Whether the daemon lives is judged by what arrives: a stream that ends, fails or falls silent
//    is given up, said to be lost, and begun anew, ever more slowly up to a bound.
// 3. Of two states the newer one counts, however they arrived.
// 4. A page that nobody sees neither reads nor listens.

import { SILENCE_MS_MAX, readStream } from "./stream.js";

const NAME = "canteend-events";
const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 4_000;
// A line that breaks for a shorter time is not worth a word.
const LOST_AFTER_MS = 800;
// The page that reads notices silence first; one that does not even say so has stopped.
const MUTE_MS_MAX = SILENCE_MS_MAX + 5_000;

const others = new BroadcastChannel(NAME);
// While this page reads: what ends the stream under way.
let stream = null;

/** Has the stream begun anew, as whoever this browser's cookie names now. */
export function readAnew() {
  if (stream) stream.abort();
  else others.postMessage({ ask: "anew" });
}

/**
 * Follows the daemon for ever. `heard` has functions `state`, `face` and `lost`; a state comes with
 * whether the daemon was started since the last one, and whether this is the page that reads.
 */
export function follow(heard) {
  let newest = null;
  let lost = false;
  // This page's place in the line of those that would read; none while it is hidden.
  let place = null;
  let mute = null;

  /** Takes what the stream says, or the page that reads it. */
  function take(event, data) {
    clearTimeout(mute);
    if (!stream) mute = setTimeout(() => join({ steal: true }), MUTE_MS_MAX);
    if (event === "face") heard.face(data);
    if (event === "lost") {
      lost = true;
      heard.lost();
    }
    if (event !== "state") return;
    lost = false;
    if (newest && newest.server === data.server && newest.revision > data.revision) return;
    const restarted = newest !== null && newest.server !== data.server;
    newest = data;
    heard.state(data, restarted, stream !== null);
  }

  function tell(event, data) {
    take(event, data);
    others.postMessage({ event, data });
  }

  /** Reads one stream after the other until `signal` says that it is another page's turn. */
  async function read(signal) {
    let wait = WAIT_MS_MIN;
    let losing = null;
    const told = (event, data) => {
      clearTimeout(losing);
      losing = null;
      wait = WAIT_MS_MIN;
      tell(event, data);
    };
    while (!signal.aborted) {
      const control = new AbortController();
      const end = () => control.abort();
      signal.addEventListener("abort", end);
      stream = control;
      // Whatever ends it, the answer is the same: begin anew.
      await readStream(control, told).catch(() => {});
      end();
      signal.removeEventListener("abort", end);
      if (signal.aborted) break;
      losing ??= setTimeout(tell, LOST_AFTER_MS, "lost", null);
      others.postMessage({ event: "alive" });
      await pause(wait * (0.75 + Math.random() / 2), signal);
      wait = Math.min(wait * 2, WAIT_MS_MAX);
    }
    clearTimeout(losing);
  }

  /** Stands in line, or takes the first place from a page that says nothing any more. */
  function join(how = {}) {
    leave();
    const mine = new AbortController();
    place = mine;
    const turn = () => {
      if (place === mine) return read(mine.signal);
    };
    navigator.locks
      .request(NAME, how.steal ? how : { signal: mine.signal }, turn)
      .catch(() => {
        // Taken away: another page found this one mute.
        if (place === mine) join();
      });
    others.postMessage({ ask: "state" });
    mute = setTimeout(() => join({ steal: true }), MUTE_MS_MAX);
  }

  function leave() {
    clearTimeout(mute);
    place?.abort();
    place = null;
    stream = null;
  }

  others.addEventListener("message", ({ data: said }) => {
    if (said.ask === "anew") stream?.abort();
    if (said.ask === "state" && stream && lost) others.postMessage({ event: "lost" });
    else if (said.ask === "state" && stream && newest) others.postMessage({ event: "state", data: newest });
    if (said.event && place && !stream) take(said.event, said.data);
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : join()));
  if (!document.hidden) join();
}

/** Waits so long, or until `signal`. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", resolve, { once: true });
  });
}
