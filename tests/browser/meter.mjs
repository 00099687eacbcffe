// What pages and processes hold.

import assert from "node:assert/strict";

// Growth that is an allocator's, a cache's, or a code that was compiled meanwhile.
const HEAP_BYTES_MAX = 1 << 20;
const NODES_MAX = 100;
const LISTENERS_MAX = 20;
const DETACHED_MAX = 20;
// A PIN takes 19 MiB while it is compared, of which an allocator keeps some for the next one.
const RSS_KB_MAX = 40 << 10;
// Connections that a browser keeps for its next request, and threads that wait for their next job.
const HANDLES_MAX = 12;
const THREADS_MAX = 8;

/** What a page holds after everything that can go is gone. */
export async function weigh(page) {
  const debug = await page.context().newCDPSession(page);
  await debug.send("DOM.enable");
  for (let turn = 0; turn < 3; turn += 1) await debug.send("HeapProfiler.collectGarbage");
  const { usedSize } = await debug.send("Runtime.getHeapUsage");
  const { documents, nodes, jsEventListeners } = await debug.send("Memory.getDOMCounters");
  const { detachedNodes } = await debug.send("DOM.getDetachedDomNodes");
  await debug.detach();
  return { heap: usedSize, documents, nodes, listeners: jsEventListeners, detached: detachedNodes.length };
}

/** Fails where a page holds more than before. */
export function assertFlat(before, after, name) {
  const told = `${name}: ${JSON.stringify(before)} to ${JSON.stringify(after)}`;
  assert.ok(after.heap <= before.heap + HEAP_BYTES_MAX, told);
  assert.ok(after.documents <= before.documents, told);
  assert.ok(after.nodes <= before.nodes + NODES_MAX, told);
  assert.ok(after.listeners <= before.listeners + LISTENERS_MAX, told);
  assert.ok(after.detached <= before.detached + DETACHED_MAX, told);
}

/** Fails where a process holds more than before. */
export function assertHeld(before, after) {
  const told = `${JSON.stringify(before)} to ${JSON.stringify(after)}`;
  assert.ok(after.rssKb <= before.rssKb + RSS_KB_MAX, told);
  assert.ok(after.handles <= before.handles + HANDLES_MAX, told);
  assert.ok(after.threads <= before.threads + THREADS_MAX, told);
}
