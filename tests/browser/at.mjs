// Where the tests are: one box, one browser, and the page that they share. A test that fails leaves
// a trace and a picture of every page that is open.

import { test } from "node:test";
import { Box, clearLeft } from "./box.mjs";
import { keepTraces, openBrowser, openPage, renewTraces } from "./browser.mjs";

// A long day is asked for by `make soak`.
const STEP_MS_MAX = process.env.CANTEEND_SOAK === "full" ? 3_600_000 : 600_000;

/** What is there: filled by `open`. Pages of `kept` outlive a test that fails. */
export const at = { box: null, browser: null, page: null, kept: new Set() };

/** Opens the canteen. */
export async function open() {
  clearLeft();
  at.box = await Box.make("lunch");
  at.box.operator("op-1", "李师傅", "314159");
  at.box.operator("op-2", "赵师傅", "271828");
  await at.box.start();
  at.browser = await openBrowser();
  at.page = (await openPage(at.browser, at.box.url, { name: "shared" })).page;
  at.kept.add(at.page);
}

/** Closes it. */
export async function close() {
  await at.browser.close();
  await at.box.stop();
}

/** A test; those of a file follow one another, and each begins with what the last one left. */
export function step(name, run) {
  test(name, { timeout: STEP_MS_MAX }, async (t) => {
    try {
      await run(t);
      await renewTraces();
    } catch (problem) {
      // Pages that the test opened itself are nobody's after it.
      await keepTraces(name, at.kept);
      throw problem;
    }
  });
}
