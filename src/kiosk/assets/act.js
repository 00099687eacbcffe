// Asking the daemon to do something.
//
// 1. Each tap has a key, which stays until the daemon has answered: what was sent twice, because an
//    answer was lost or a finger was fast, is done once.
// 2. What failed on the way is sent again with the same key; after the last attempt the key is kept
//    for the same tap's next try.

import { say } from "./dom.js";
import { readAnew } from "./link.js";

const WAITS_MS = [300, 600, 1200, 2400, 4800];
const ANSWER_MS_MAX = 10_000;
// Longest that the page looks for one answer in all, with the waits above.
const UNANSWERED_MAX = 64;

let csrf = "";
// By what is asked: keys without an answer, and attempts under way.
const keys = new Map();
const under_way = new Map();

/** Takes the token of the newest state. */
export function useToken(token) {
  csrf = token;
}

/** Does something, once. The same while it is under way is the same promise. */
export function act(name, body = {}) {
  const asked = `${name} ${JSON.stringify(body)}`;
  if (!under_way.has(asked)) {
    under_way.set(
      asked,
      attempt(asked, name, body).finally(() => under_way.delete(asked)),
    );
  }
  return under_way.get(asked);
}

async function attempt(asked, name, body) {
  if (!keys.has(asked)) keys.set(asked, newKey());
  if (keys.size > UNANSWERED_MAX) keys.delete(keys.keys().next().value);
  const sent = JSON.stringify({ ...body, key: keys.get(asked) });
  let stale = false;
  for (let failed = 0; ; failed += 1) {
    const answer = await post(name, sent);
    if (answer?.code === "stale-page" && !stale) {
      stale = true;
      await renewToken();
    } else if (answer && answer.code !== "busy") {
      keys.delete(asked);
      return answer;
    } else if (failed === WAITS_MS.length) {
      return answer ?? { ok: false, code: "unreachable", text: say.unreachable };
    } else {
      await new Promise((resolve) => setTimeout(resolve, WAITS_MS[failed]));
    }
  }
}

/** What the daemon answers; `null` where nothing that can be read came back. */
async function post(name, body) {
  try {
    const response = await fetch(`/act/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": csrf },
      body,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return await response.json();
  } catch {
    return null;
  }
}

async function renewToken() {
  try {
    const state = await (await fetch("/state", { signal: AbortSignal.timeout(ANSWER_MS_MAX) })).json();
    csrf = state.csrf;
    // Its states may be those of another session, which this browser had before.
    readAnew();
  } catch {
    // The attempt that follows says what is the matter.
  }
}

/** Reads something that only a signed-in page may read; `null` where it may not or cannot. */
export async function read(path, signal) {
  try {
    const response = await fetch(path, { signal });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
