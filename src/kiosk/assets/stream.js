// One stream of events from the daemon, read until it ends, fails or falls silent.

/** Longest time in which nothing comes from a daemon that lives. */
export const SILENCE_MS_MAX = 25_000;
const EVENT_CHARS_MAX = 4 << 20;

/** Reads one stream; `take` gets the name and the value of each event, and `alive` for a mere sign of life. */
export async function readStream(control, take) {
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
  else take("alive", null);
}
