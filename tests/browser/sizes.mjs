// Every scene and panel at every size.

import assert from "node:assert/strict";
import { at, step } from "./at.mjs";
import { Screens, elders, panels } from "./screens.mjs";

step("every scene and panel fits every screen and passes axe, in English", async () => {
  const screens = await Screens.open(at.browser, at.box, { language: "en" });
  await elders(screens);
  await panels(screens);
  await screens.leave();
});

step("every scene and panel fits every screen and passes axe, and a long day of states leaves the browser as it was", async (t) => {
  const screens = await Screens.open(at.browser, at.box);
  await elders(screens);
  await panels(screens);
  // A long day of states: the browser's memory stays as it was.
  const cdp = await screens.context.newCDPSession(screens.page);
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize;
  };
  await screens.day(200);
  const before = await heap();
  await screens.day(2000);
  const after = await heap();
  t.diagnostic(`heap ${before} bytes before 2000 states, ${after} after`);
  assert.ok(after - before < 1 << 20, `${before} to ${after}`);
  await screens.leave();
});
