// The counter: who stands there, what they see, and how soon.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { at, step } from "./at.mjs";
import { openPage, scene, title } from "./browser.mjs";
import { strip } from "./hands.mjs";

const WEIGHT_BYTES_MAX = 200_000;

/** Waits for so many pictures of the live stream, beside the page's own. */
async function pictures(wanted) {
  const cookie = (await at.page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const [response] = await once(http.get(`${at.box.url}preview`, { headers: { cookie } }), "response");
  for await (const bytes of response) {
    wanted -= bytes.toString("latin1").split("image/jpeg").length - 1;
    if (wanted <= 0) break;
  }
}

/** In the page: when a scene stands on the screen, the frame after it was put there. */
const paintedAt = (kind) =>
  new Promise((resolve) => {
    const stage = document.getElementById("stage");
    const seen = new MutationObserver(() => {
      if (stage.dataset.scene !== kind) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(Date.now())));
    });
    seen.observe(stage, { attributes: true, attributeFilter: ["data-scene"] });
  });

step("the page is light, and its first paint is soon", async (t) => {
  const fresh = await openPage(at.browser, "about:blank");
  const bodies = [];
  fresh.page.on("response", (response) => {
    if (!/preview|events/.test(response.url())) bodies.push(response.body());
  });
  await fresh.page.goto(at.box.url);
  await scene(fresh.page, "idle");
  const paint = await fresh.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
  t.diagnostic(`first contentful paint after ${Math.round(paint)} ms, ${bytes} bytes`);
  assert.ok(bytes > 50_000 && bytes <= WEIGHT_BYTES_MAX, `${bytes}`);
  await fresh.leave();
});

step("an elder who stands there is greeted and served, and the meal is in the ledger", async (t) => {
  await scene(at.page, "idle");
  const painted = at.page.evaluate(paintedAt, "served");
  at.box.see("elder");
  await scene(at.page, "served");
  t.diagnostic(`from the ledger's commit to the screen ${Math.round((await painted) - at.box.logged("meal"))} ms`);
  assert.equal(await title(at.page), "欧阳爷爷，您好");
  assert.equal(await at.page.locator("#figure").textContent(), "补贴 4 元");
  await at.page.waitForSelector("#face:not([hidden])");
  assert.equal(await at.page.evaluate(() => document.getElementById("preview").naturalWidth > 0), true);
  assert.equal(at.box.entries("meal").length, 1);
  at.box.see("nobody");
  await scene(at.page, "idle");
});

step("the live picture moves, and costs little", async (t) => {
  const [began, used] = [Date.now(), at.box.threadMs("preview")];
  await pictures(50);
  const seconds = (Date.now() - began) / 1000;
  t.diagnostic(`${(50 / seconds).toFixed(1)} pictures a second, ${((at.box.threadMs("preview") - used) / seconds / 10).toFixed(1)} % of one core`);
});

step("the same elder once more is told so, and nothing is written", async () => {
  at.box.see("elder");
  await scene(at.page, "again");
  at.box.see("nobody");
  await scene(at.page, "idle");
  assert.equal(at.box.entries("meal", "visit").length, 1);
});

step("a camera that is unplugged and plugged in again is shown with its remedy", async () => {
  await strip("device");
  at.box.see("unplugged");
  await scene(at.page, "out-of-order");
  await at.page.waitForSelector(".fault");
  assert.match(await at.page.locator(".fault").textContent(), /拔下再插/);
  await at.page.waitForSelector("#strip .calls");
  at.box.see("nobody");
  await scene(at.page, "idle");
  await at.page.waitForSelector(".fault", { state: "detached" });
  await at.page.click(".panel header button");
});

step("a stranger is sent to staff in neutral words", async () => {
  at.box.see("stranger");
  await scene(at.page, "ask-staff");
  assert.equal(await title(at.page), "请工作人员帮您登记");
  at.box.see("nobody");
  await scene(at.page, "idle");
  assert.equal(await at.page.locator("#strip .badge").textContent(), "1");
  assert.equal(await at.page.locator('#strip [data-key="today"]').count(), 0, "nobody is signed in");
});
