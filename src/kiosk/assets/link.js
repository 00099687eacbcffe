// The stream of states from the daemon.
//
// 1. Whether the daemon lives is judged by what arrives: a stream that ends, fails or falls silent
//    is given up, said to be lost, and begun anew, ever more slowly up to a bound.
// 2. Of two states the newer one counts, however they arrived.
// 3. A page that nobody sees holds no stream: a browser has few of them for all its pages.

const SILENCE_MS_MAX = 25_000;
const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 4_000;
// A line that breaks for a shorter time is not worth a word.
const LOST_AFTER_MS = 800;
const EVENT_CHARS_MAX = 4 << 20;

/** Follows the daemon for ever. `heard` has functions `state`, `face` and `lost`. */
export function follow(heard) {
  let newest = null;
  let stop = null;
  let lost = null;
  let wait = WAIT_MS_MIN;

  function take(event, data) {
    if (event === "face") heard.face(data);
    if (event !== "state") return;
    clearTimeout(lost);
    lost = null;
    wait = WAIT_MS_MIN;
    if (newest && newest.server === data.server && newest.revision > data.revision) return;
    const restarted = newest !== null && newest.server !== data.server;
    newest = data;
    heard.state(data, restarted);
  }

  async function once() {
    const control = new AbortController();
    stop = control;
    try {
      await stream(control, take);
    } catch {
      // Whatever it was, the answer is the same: begin anew.
    }
    control.abort();
    if (stop !== control) return;
    stop = null;
    lost ??= setTimeout(heard.lost, LOST_AFTER_MS);
    setTimeout(resume, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, WAIT_MS_MAX);
  }

  function resume() {
    if (!document.hidden && !stop) once();
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      wait = WAIT_MS_MIN;
      resume();
    } else if (stop) {
      const ended = stop;
      stop = null;
      ended.abort();
    }
  });
  resume();
}

/** Reads one stream until it ends or falls silent. */
async function stream(control, take) {
  let silence = setTimeout(() => control.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetch("/events", {
      headers: { accept: "text/event-stream" },
      cache: "no-store",
      signal: control.signal,
    });
    if (!response.ok) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || rest.length > EVENT_CHARS_MAX) return;
      clearTimeout(silence);
      silence = setTimeout(() => control.abort(), SILENCE_MS_MAX);
      const events = (rest + value).split(/\r?\n\r?\n/);
      rest = events.pop();
      for (const event of events) dispatch(event, take);
    }
  } finally {
    clearTimeout(silence);
  }
}

/** One event as the standard writes it: lines of `field: value`; a line that begins with a colon is a sign of life. */
function dispatch(text, take) {
  let event = "message";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  if (data.length > 0) take(event, JSON.parse(data.join("\n")));
}
