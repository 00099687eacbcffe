// Staff at work: signing in, settling, finding, undoing, entering late.

import assert from "node:assert/strict";
import { at, step } from "./at.mjs";
import { scene, title } from "./browser.mjs";
import { confirm, keys, notice, scan, strip, typeSignIn } from "./hands.mjs";

step("a wrong PIN is refused, the right one signs in and shows who waits", async () => {
  await strip("sign");
  assert.equal(await typeSignIn("000000"), "wrong-pin");
  await notice("工号或密码不对");
  assert.equal(await at.page.inputValue(".credentials input[type=password]"), "");
  // After a wrong PIN the box makes everybody wait a moment.
  let code;
  do code = await typeSignIn("314159");
  while (code === "throttled");
  assert.equal(code, "signed-in");
  await at.page.waitForSelector(".panel .reasons");
  assert.equal(await at.page.locator(".candidate").count(), 0, "nobody is suggested for a stranger");
});

step("a stranger who is nobody on the roster is settled as a guest", async () => {
  await at.page.click('[data-key="neither"]');
  await confirm();
  await notice("已按未登记的来客处理");
  await at.page.waitForSelector(".panel .empty");
  assert.equal(at.box.entries("choice").length, 1);
  assert.equal(at.box.entries("choice")[0].operator, "op-1");
});

step("of two elders who look alike staff choose one, and taps that come twice count once", async () => {
  at.box.see("twin");
  await scene(at.page, "ask-staff");
  await at.page.waitForSelector(".candidate >> nth=1");
  const names = await at.page.locator(".candidate .name").allTextContents();
  assert.deepEqual([...names].sort(), ["周志远", "周志高"].sort());
  await at.page.click('.candidate:has-text("周志远")');
  await at.page.dblclick("#dialog .main");
  await notice("已为周志远登记");
  await at.page.waitForSelector(".panel .empty");
  assert.equal(at.box.entries("meal").length, 2);
  assert.equal(at.box.entries("choice").length, 2);
  at.box.see("nobody");
  await scene(at.page, "idle");
});

step("an elder is found by pinyin initials and registered by hand with a reason", async () => {
  await strip("find");
  await keys("WXY");
  await at.page.click('.hit:has-text("王秀英")');
  assert.equal(await at.page.isDisabled("#dialog .main"), true, "a reason has to be chosen");
  await at.page.click('#dialog [role=radio] >> nth=0');
  await confirm();
  await notice("已为王秀英登记");
  assert.equal(at.box.entries("meal").length, 3);
});

step("names that look like markup or run the other way are names", async () => {
  await at.page.fill(".panel input", "6661");
  const hit = at.page.locator(".hit");
  await hit.waitFor();
  assert.equal(await hit.locator(".name").textContent(), "<img src=x onerror=alert(1)>");
  assert.equal(await at.page.locator(".panel img").count(), 0);
  await at.page.fill(".panel input", "6662");
  await at.page.waitForSelector('.hit:has-text("مرحبا")');
  assert.equal(await at.page.locator(".hit .facts").textContent(), "76 岁 · 尾号 6662");
});

step("a card is read anywhere, and its digits stay out of the field", async () => {
  await at.page.fill(".panel input", "12");
  await at.page.focus(".panel input");
  await scan("8800445566");
  await notice("已为林秀兰登记");
  assert.equal(await at.page.inputValue(".panel input"), "12");
  await scan("1234567890");
  await notice("没有登记这张卡");
  assert.equal(at.box.entries("meal").length, 4);
});

step("a meal is undone with a reason", async () => {
  await strip("today");
  await at.page.waitForSelector(".rows li >> nth=3");
  await at.page.click('.rows li:has-text("林秀兰") button');
  await at.page.click('#dialog [role=radio]:has-text("没有用餐")');
  await confirm();
  await notice("已撤销");
  await at.page.waitForSelector('.rows li.gone:has-text("林秀兰")');
  assert.deepEqual(at.box.entries("void").map((entry) => entry.reason), ["not-eaten"]);
});

step("a meal of yesterday is entered late with a second operator", async () => {
  await strip("late");
  await at.page.click('.choices [data-key="2026-03-01"]');
  await at.page.click('.choices [data-key="lunch"]');
  await at.page.click('.choices [data-key="forgotten"]');
  await keys("LXL");
  await at.page.click('.hit:has-text("林秀兰")');
  const second = async (id, pin) => {
    await at.page.fill(".credentials input[type=text]", id);
    await at.page.fill(".credentials input[type=password]", pin);
    await at.page.click(".credentials .main");
  };
  await second("op-1", "314159");
  await notice("需要另一位操作员确认");
  await second("op-2", "271828");
  await notice("已为林秀兰登记");
  const meal = at.box.entries("meal").at(-1);
  assert.equal(meal.date, "2026-03-01");
});

step("an answer that is lost is asked for again, and nothing is done twice", async () => {
  let lost = 0;
  await at.page.route("**/act/satisfaction", async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await at.page.click('#strip [data-key="satisfied"]');
  await notice("谢谢");
  assert.equal(lost, 1);
  assert.equal(at.box.entries("satisfaction").length, 1);
  await at.page.unroute("**/act/satisfaction");
});

step("the day's code is shown, and an upload without a city is refused in words", async () => {
  await strip("device");
  await at.page.click('.panel button:has-text("当日校验码")');
  assert.match(await at.page.locator("#dialog .code").textContent(), /^[0-9A-Z][0-9A-Z -]{14,}$/);
  await at.page.keyboard.press("Escape");
  await at.page.click('.panel button:has-text("立即上传")');
  await confirm();
  await notice("没有设置市级系统");
});

step("the keyboard does what fingers do", async () => {
  await at.page.keyboard.press("Escape");
  assert.equal(await at.page.locator("#panel").isHidden(), true);
  assert.equal(await at.page.evaluate(() => document.activeElement.dataset.key), "device", "the focus is where it was");
  await at.page.keyboard.press("Shift+Tab");
  await at.page.keyboard.press("Shift+Tab");
  await at.page.keyboard.press("Enter");
  await at.page.waitForSelector(".panel .counts");
  const ring = await at.page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.ok(Number.parseFloat(ring) >= 4, ring);
  await at.page.keyboard.press("Escape");
});
