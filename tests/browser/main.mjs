// The page in Chromium, on the real daemon with a replayed camera. The tests follow one another, as
// the hours of a canteen do.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";
import { Box, LEFT } from "./box.mjs";
import { checkAxe, openBrowser, openPage, scene, title } from "./browser.mjs";
import { KEEP, Screens, elders, panels } from "./screens.mjs";

const WEIGHT_BYTES_MAX = 200_000;
const PAGES = 50;
const BROWSERS = 6;
const GROWTH_KB_MAX = 32 << 10;

let box;
let browser;
let open;
let page;
let failures = 0;

/** A test with a trace of the page where it fails. */
function step(name, run) {
  test(name, { timeout: 400_000 }, async (t) => {
    failures += 1;
    try {
      await run(t);
      failures -= 1;
    } catch (problem) {
      await open.page.screenshot({ path: `${LEFT}/${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png` }).catch(() => {});
      throw problem;
    }
  });
}

before(async () => {
  fs.rmSync(LEFT, { recursive: true, force: true });
  box = await Box.make("lunch");
  box.operator("op-1", "李师傅", "314159");
  box.operator("op-2", "赵师傅", "271828");
  await box.start();
  browser = await openBrowser();
  open = await openPage(browser, box.url);
  page = open.page;
});

after(async () => {
  await open.leave("lunch", failures > 0);
  await browser.close();
  await box.stop();
});

const strip = (key) => page.click(`#strip [data-key="${key}"]`);
const notice = (text) => page.waitForFunction((text) => document.querySelector("#notice").textContent.includes(text), text);
const confirm = () => page.click("#dialog .main");
const keys = async (text) => {
  for (const digit of text) await page.click(`.keys button:text-is("${digit}")`);
};

/** Types as a reader does: no key waits for the one before. */
const scan = (digits) => Promise.all([...digits, "Enter"].map((key) => page.keyboard.press(key)));

async function typeSignIn(pin) {
  await page.fill(".credentials input[type=text]", "op-1");
  await page.focus(".credentials input[type=password]");
  await keys(pin);
  const [response] = await Promise.all([page.waitForResponse("**/act/sign-in"), page.click(".credentials .main")]);
  return (await response.json()).code;
}

/** Waits for so many pictures of the live stream, beside the page's own. */
async function pictures(wanted) {
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const [response] = await once(http.get(`${box.url}preview`, { headers: { cookie } }), "response");
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
  const fresh = await openPage(browser, "about:blank");
  const bodies = [];
  fresh.page.on("response", (response) => {
    if (!/preview|events/.test(response.url())) bodies.push(response.body());
  });
  await fresh.page.goto(box.url);
  await scene(fresh.page, "idle");
  const paint = await fresh.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
  t.diagnostic(`first contentful paint after ${Math.round(paint)} ms, ${bytes} bytes`);
  assert.ok(bytes > 50_000 && bytes <= WEIGHT_BYTES_MAX, `${bytes}`);
  await fresh.leave("weight", false);
});

step("an elder who stands there is greeted and served, and the meal is in the ledger", async (t) => {
  await scene(page, "idle");
  const painted = page.evaluate(paintedAt, "served");
  box.see("elder");
  await scene(page, "served");
  t.diagnostic(`from the ledger's commit to the screen ${Math.round((await painted) - box.logged("meal"))} ms`);
  assert.equal(await title(page), "欧阳爷爷，您好");
  assert.equal(await page.locator("#figure").textContent(), "补贴 4 元");
  await page.waitForSelector("#face:not([hidden])");
  assert.equal(await page.evaluate(() => document.getElementById("preview").naturalWidth > 0), true);
  assert.equal(box.entries("meal").length, 1);
  box.see("nobody");
  await scene(page, "idle");
});

step("the live picture moves, and costs little", async (t) => {
  const [began, used] = [Date.now(), box.threadMs("preview")];
  await pictures(50);
  const seconds = (Date.now() - began) / 1000;
  t.diagnostic(`${(50 / seconds).toFixed(1)} pictures a second, ${((box.threadMs("preview") - used) / seconds / 10).toFixed(1)} % of one core`);
});

step("the same elder once more is told so, and nothing is written", async () => {
  box.see("elder");
  await scene(page, "again");
  box.see("nobody");
  await scene(page, "idle");
  assert.equal(box.entries("meal", "visit").length, 1);
});

step("a camera that is unplugged and plugged in again is shown with its remedy", async () => {
  await strip("device");
  box.see("unplugged");
  await scene(page, "out-of-order");
  await page.waitForSelector(".fault");
  assert.match(await page.locator(".fault").textContent(), /拔下再插/);
  await page.waitForSelector("#strip .calls");
  box.see("nobody");
  await scene(page, "idle");
  await page.waitForSelector(".fault", { state: "detached" });
  await page.click(".panel header button");
});

step("a stranger is sent to staff in neutral words", async () => {
  box.see("stranger");
  await scene(page, "ask-staff");
  assert.equal(await title(page), "请工作人员帮您登记");
  box.see("nobody");
  await scene(page, "idle");
  assert.equal(await page.locator("#strip .badge").textContent(), "1");
  assert.equal(await page.locator('#strip [data-key="today"]').count(), 0, "nobody is signed in");
});

step("a wrong PIN is refused, the right one signs in and shows who waits", async () => {
  await strip("sign");
  assert.equal(await typeSignIn("000000"), "wrong-pin");
  await notice("工号或密码不对");
  assert.equal(await page.inputValue(".credentials input[type=password]"), "");
  // After a wrong PIN the box makes everybody wait a moment.
  let code;
  do code = await typeSignIn("314159");
  while (code === "throttled");
  assert.equal(code, "signed-in");
  await page.waitForSelector(".panel .reasons");
  assert.equal(await page.locator(".candidate").count(), 0, "nobody is suggested for a stranger");
});

step("a stranger who is nobody on the roster is settled as a guest", async () => {
  await page.click('[data-key="neither"]');
  await confirm();
  await notice("已按未登记的来客处理");
  await page.waitForSelector(".panel .empty");
  assert.equal(box.entries("choice").length, 1);
  assert.equal(box.entries("choice")[0].operator, "op-1");
});

step("of two elders who look alike staff choose one, and taps that come twice count once", async () => {
  box.see("twin");
  await scene(page, "ask-staff");
  await page.waitForSelector(".candidate >> nth=1");
  const names = await page.locator(".candidate .name").allTextContents();
  assert.deepEqual([...names].sort(), ["周志远", "周志高"].sort());
  await page.click('.candidate:has-text("周志远")');
  await page.dblclick("#dialog .main");
  await notice("已为周志远登记");
  await page.waitForSelector(".panel .empty");
  assert.equal(box.entries("meal").length, 2);
  assert.equal(box.entries("choice").length, 2);
  box.see("nobody");
  await scene(page, "idle");
});

step("an elder is found by pinyin initials and registered by hand with a reason", async () => {
  await strip("find");
  await keys("WXY");
  await page.click('.hit:has-text("王秀英")');
  assert.equal(await page.isDisabled("#dialog .main"), true, "a reason has to be chosen");
  await page.click('#dialog [role=radio] >> nth=0');
  await confirm();
  await notice("已为王秀英登记");
  assert.equal(box.entries("meal").length, 3);
});

step("names that look like markup or run the other way are names", async () => {
  await page.fill(".panel input", "6661");
  const hit = page.locator(".hit");
  await hit.waitFor();
  assert.equal(await hit.locator(".name").textContent(), "<img src=x onerror=alert(1)>");
  assert.equal(await page.locator(".panel img").count(), 0);
  await page.fill(".panel input", "6662");
  await page.waitForSelector('.hit:has-text("مرحبا")');
  assert.equal(await page.locator(".hit .facts").textContent(), "76 岁 · 尾号 6662");
});

step("a card is read anywhere, and its digits stay out of the field", async () => {
  await page.fill(".panel input", "12");
  await page.focus(".panel input");
  await scan("8800445566");
  await notice("已为林秀兰登记");
  assert.equal(await page.inputValue(".panel input"), "12");
  await scan("1234567890");
  await notice("没有登记这张卡");
  assert.equal(box.entries("meal").length, 4);
});

step("a meal is undone with a reason", async () => {
  await strip("today");
  await page.waitForSelector(".rows li >> nth=3");
  await page.click('.rows li:has-text("林秀兰") button');
  await page.click('#dialog [role=radio]:has-text("没有用餐")');
  await confirm();
  await notice("已撤销");
  await page.waitForSelector('.rows li.gone:has-text("林秀兰")');
  assert.deepEqual(box.entries("void").map((entry) => entry.reason), ["not-eaten"]);
});

step("a meal of yesterday is entered late with a second operator", async () => {
  await strip("late");
  await page.click('.choices [data-key="2026-03-01"]');
  await page.click('.choices [data-key="lunch"]');
  await page.click('.choices [data-key="forgotten"]');
  await keys("LXL");
  await page.click('.hit:has-text("林秀兰")');
  const second = async (id, pin) => {
    await page.fill(".credentials input[type=text]", id);
    await page.fill(".credentials input[type=password]", pin);
    await page.click(".credentials .main");
  };
  await second("op-1", "314159");
  await notice("需要另一位操作员确认");
  await second("op-2", "271828");
  await notice("已为林秀兰登记");
  const meal = box.entries("meal").at(-1);
  assert.equal(meal.date, "2026-03-01");
});

step("an answer that is lost is asked for again, and nothing is done twice", async () => {
  let lost = 0;
  await page.route("**/act/satisfaction", async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await page.click('#strip [data-key="satisfied"]');
  await notice("谢谢");
  assert.equal(lost, 1);
  assert.equal(box.entries("satisfaction").length, 1);
  await page.unroute("**/act/satisfaction");
});

step("the day's code is shown, and an upload without a city is refused in words", async () => {
  await strip("device");
  await page.click('.panel button:has-text("当日校验码")');
  assert.match(await page.locator("#dialog .code").textContent(), /^[0-9A-Z][0-9A-Z -]{14,}$/);
  await page.keyboard.press("Escape");
  await page.click('.panel button:has-text("立即上传")');
  await confirm();
  await notice("没有设置市级系统");
});

step("the keyboard does what fingers do", async () => {
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#panel").isHidden(), true);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "device", "the focus is where it was");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".panel .counts");
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.ok(Number.parseFloat(ring) >= 4, ring);
  await page.keyboard.press("Escape");
});

step("two pages show the same, and a page that is loaded again goes on", async () => {
  const other = await openPage(browser, box.url);
  await scene(other.page, "idle");
  box.see("another-stranger");
  await Promise.all([scene(page, "ask-staff"), scene(other.page, "ask-staff")]);
  box.see("nobody");
  await Promise.all([scene(page, "idle"), scene(other.page, "idle")]);
  await page.reload();
  await page.waitForSelector('#strip [data-key="sign-out"]');
  assert.equal(await page.locator("#strip .badge").textContent(), "1");
  assert.equal(await other.page.locator('#strip [data-key="sign-out"]').count(), 0, "signed in on one page only");
  await other.leave("two", false);
});

step("the page speaks English where it is asked to", async () => {
  const other = await openPage(browser, box.url);
  await scene(other.page, "idle");
  await other.page.click('#strip [data-key="language"]');
  await other.page.waitForSelector("html[lang=en]");
  await scene(other.page, "idle");
  assert.equal(await title(other.page), "Welcome");
  await checkAxe(other.page, "English");
  await other.leave("english", false);
});

step("nothing moves for those who asked for less motion", async () => {
  const other = await openPage(browser, box.url);
  await other.page.emulateMedia({ reducedMotion: "reduce" });
  await scene(other.page, "idle");
  assert.equal(await other.page.evaluate(() => document.getAnimations().length), 0);
  await other.leave("still", false);
});

step("fifty pages, some of which never read, cost the box no memory to speak of", async (t) => {
  const memory = box.memoryKb();
  // Most of them are streams without a browser round them: fifty browsers would measure themselves.
  const streams = Array.from({ length: PAGES - BROWSERS }, (_, at) => {
    const socket = net.connect(box.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${box.port}\r\n\r\n`);
    return at % 4 === 0 ? socket.pause() : socket.resume();
  });
  const pages = [];
  for (let opened = 0; opened < BROWSERS; opened += 1) pages.push(await openPage(browser, box.url));
  await Promise.all(pages.map((one) => scene(one.page, "idle")));
  box.see("elder");
  await Promise.all(pages.map((one) => scene(one.page, "again")));
  box.see("nobody");
  await Promise.all(pages.map((one) => scene(one.page, "idle")));
  t.diagnostic(`${memory} kB before, ${box.memoryKb()} kB with ${PAGES} pages`);
  assert.ok(box.memoryKb() - memory < GROWTH_KB_MAX, `${box.memoryKb()} kB`);
  for (const one of pages) await one.leave("many", false);
  for (const socket of streams) socket.destroy();
});

step("every scene and panel fits every screen and passes axe", async (t) => {
  const screens = await Screens.open(browser, box);
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
  await screens.leave("screens", false);
});

step("the page says that the daemon is gone, and goes on when it is back", async () => {
  const drawn = await openPage(browser, box.url, { drawn: true });
  await scene(drawn.page, "idle");
  await box.stop();
  await Promise.all([scene(page, "lost"), scene(drawn.page, "lost")]);
  await checkAxe(drawn.page, "lost");
  await drawn.page.screenshot({ path: `${KEEP}/lost.png` });
  box.configure("2026-03-02T17:05:00+08:00");
  await box.start();
  await Promise.all([scene(page, "idle"), scene(drawn.page, "idle")]);
  assert.equal(await page.locator("#strip .badge").textContent(), "1", "who waits was not forgotten");
  assert.equal(await page.locator('#strip [data-key="sign-out"]').count(), 0, "a restart signs out");
  box.see("elder");
  await scene(page, "welcome");
  assert.equal(await page.locator("#detail").textContent(), "今天已领过补贴，欢迎用餐");
  box.see("nobody");
  await scene(page, "idle");
  await drawn.leave("lost", false);
});

step("outside meal hours the next meal's time is shown", async () => {
  await box.stop();
  box.configure("2026-03-03T14:00:00+08:00");
  await box.start();
  await scene(page, "closed");
  assert.equal(await page.locator("#detail").textContent(), "今天晚餐 16:30 开始");
});
