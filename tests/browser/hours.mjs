// The daemon comes and goes, and so do its hours.

import assert from "node:assert/strict";
import { at, step } from "./at.mjs";
import { checkAxe, openPage, scene } from "./browser.mjs";
import { strip, typeSignIn } from "./hands.mjs";
import { heard, listen, voices } from "./sound.mjs";
import { keepScreen } from "./screens.mjs";

step("the page says that the daemon is gone, and goes on when it is back", async () => {
  const drawn = await openPage(at.browser, at.box.url, { drawn: true, script: listen, name: "drawn" });
  await scene(drawn.page, "idle");
  await at.box.stop();
  await Promise.all([scene(at.page, "lost"), scene(drawn.page, "lost")]);
  await checkAxe(drawn.page, "lost");
  await keepScreen(drawn.page, "lost");
  at.box.configure("2026-03-02T17:05:00+08:00", { kiosk: 'sound = "tones"' });
  await at.box.start();
  await Promise.all([scene(at.page, "idle"), scene(drawn.page, "idle")]);
  assert.equal(await at.page.locator("#strip .badge").textContent(), "1", "who waits was not forgotten");
  assert.equal(await at.page.locator('#strip [data-key="sign-out"]').count(), 0, "a restart signs out");
  await voices(drawn.page, "zh-CN");
  at.box.see("elder");
  await Promise.all([scene(at.page, "welcome"), scene(drawn.page, "welcome")]);
  assert.equal(await at.page.locator("#detail").textContent(), "今天已领过补贴，欢迎用餐");
  at.box.see("nobody");
  await scene(at.page, "idle");
  await scene(drawn.page, "idle");
  const { notes, words } = await heard(drawn.page);
  assert.deepEqual([notes.length, words], [2, []], "the box is to sound and not to speak");
  await drawn.leave();
});

step("outside meal hours the next meal's time is shown", async () => {
  await at.box.stop();
  at.box.configure("2026-03-03T14:00:00+08:00");
  await at.box.start();
  await scene(at.page, "closed");
  assert.equal(await at.page.locator("#detail").textContent(), "今天晚餐 16:30 开始");
});

step("whoever does nothing is signed out by the box's time, and what was open closes", async () => {
  await at.box.stop();
  // Minutes in seconds: a frame is a second here, and the replay does not wait between them.
  at.box.configure("2026-03-04T11:30:00+08:00", { camera: "paced = false\nframes_per_second = 1", kiosk: 'sound = "off"\nidle_min = 2' });
  await at.box.start();
  await scene(at.page, "idle");
  // Without frames the replay's time stands still.
  at.box.see("unplugged");
  await scene(at.page, "out-of-order");
  await strip("sign");
  assert.equal(await typeSignIn("314159"), "signed-in");
  await strip("find");
  await at.page.waitForSelector(".panel .search");
  at.box.see("nobody");
  await at.page.waitForSelector('#strip [data-key="sign"]');
  assert.equal(await at.page.locator("#panel").isHidden(), true);
  const { operator, change } = at.box.entries("sign").at(-1);
  assert.deepEqual([operator, change], ["op-1", "timed-out"]);
});
