// A day of a busy canteen at speed: meals, reviews, staff, troubles and night, on three pages. What
// browser and server hold is weighed after a first day, and again after the day that follows.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { at, step } from "./at.mjs";
import { clearLeft, held } from "./box.mjs";
import { SIZES, checkAxe, checkLayout, openBrowser, openPage, scene } from "./browser.mjs";
import { confirm, keys, notice, strip } from "./hands.mjs";
import { assertFlat, assertHeld, weigh } from "./meter.mjs";
import { takeOrders } from "./orders.mjs";
import { keepScreen } from "./screens.mjs";

const FULL = process.env.CANTEEND_SOAK === "full";
const URL = process.env.CANTEEND_PAGE;
/** Diners of one meal; every elder comes to all three. */
const DINERS = FULL ? 380 : 24;
/** Those of the first day, on which everything is allocated that is allocated once. */
const DINERS_FIRST = 16;
const ELDERS = 400;
const DAY_S = 86_400;
const OPENS_S = 5 * 3600;
/** When meals begin, and when the last one is over, in seconds of a day. */
const MEALS_S = [6.1, 10.6, 16.6].map((hour) => hour * 3600);
const NIGHT_S = 22 * 3600;
const GAP_S = 20;
const MANY = 500;
const TABS_MAX = 80;

let orders;
let pages;
let opened;

before(async () => {
  clearLeft();
  orders = await takeOrders();
  at.browser = await openBrowser();
  const shared = await openPage(at.browser, URL, { filmed: false, name: "day" });
  at.page = shared.page;
  const second = await shared.context.newPage();
  await second.goto(URL);
  const other = await openPage(at.browser, URL, { filmed: false, name: "day-other" });
  await scene(other.page, "closed");
  await other.page.click('#strip [data-key="language"]');
  await other.page.waitForSelector("html[lang=en]");
  pages = [at.page, second, other.page];
  at.kept = new Set(pages);
  opened = [shared, other];
});

after(async () => {
  for (const one of opened) await one.leave();
  await at.browser.close();
  orders.end();
});

const say = (word, more = {}) => orders.tell({ do: word, ...more });
const clock = (day, second) => say("at", { seconds: Math.round(day * DAY_S + second - OPENS_S) });
const all = (kind) => Promise.all(pages.map((page) => scene(page, kind)));

async function signIn() {
  await strip("sign");
  await at.page.fill(".credentials input[type=text]", "op-1");
  await at.page.fill(".credentials input[type=password]", "258036");
  await at.page.click(".credentials .main");
  await at.page.locator('#strip [data-key="sign-out"]').first().waitFor();
}

/** Somebody comes, and is settled one way or another. */
async function diner(turn) {
  await say("prompt", { code: turn % 5 === 0 ? "one-at-a-time" : "too-far" });
  await say("prompt", { code: "wait" });
  await scene(at.page, "prompt");
  const n = (turn % ELDERS) + 1;
  if (turn % 8 === 7) {
    await say("doubt", { candidates: [n, (n % ELDERS) + 1] });
    await scene(at.page, "ask-staff");
    return;
  }
  await say("elder", { n });
  await at.page.locator("#stage:is([data-scene=served], [data-scene=welcome], [data-scene=again])").first().waitFor();
}

const isOpen = async (panel) => (await at.page.getAttribute(`#strip [data-key="${panel}"]`, "aria-expanded")) === "true";
const show = async (panel) => (await isOpen(panel)) || strip(panel);

/** Presses Tab until the focus is on what is wanted. */
async function tabTo(wanted) {
  for (let pressed = 0; pressed < TABS_MAX; pressed += 1) {
    if (await at.page.evaluate((wanted) => document.activeElement.matches(wanted), wanted)) return;
    await at.page.keyboard.press("Tab");
  }
  assert.fail(`${wanted} is out of the keyboard's reach`);
}

/** What staff do between two diners. */
const WORK = [
  async function settle() {
    await show("reviews");
    await at.page.click(".candidate >> nth=0");
    await confirm();
    await notice("登记");
    await strip("reviews");
  },
  async function undo() {
    await show("today");
    await at.page.click(".rows li button >> nth=0");
    await at.page.click("#dialog [role=radio] >> nth=3");
    await confirm();
    await notice("已撤销");
    await strip("today");
  },
  async function find() {
    await show("find");
    await keys("WY");
    await at.page.click(".hit >> nth=0");
    await at.page.click("#dialog .answers .button >> nth=0");
    await at.page.locator("#dialog[open]").waitFor({ state: "detached" });
    await strip("find");
  },
  async function tap() {
    await at.page.click('#strip [data-key="satisfied"]');
    await notice("谢谢");
  },
  async function look() {
    for (const panel of ["late", "device"]) {
      await show(panel);
      await at.page.locator(".panel .body").first().waitFor();
    }
    await strip("device");
  },
  async function trouble() {
    await say("trouble", { code: "camera-lost", holds: true });
    await say("prompt", { code: "welcome" });
    await scene(at.page, "out-of-order");
    await say("trouble", { code: "camera-lost", holds: false });
    await scene(at.page, "idle");
  },
];

/** One day, from five in the morning to five the next. */
async function play(day, diners) {
  let turn = 0;
  for (const [meal, begins] of MEALS_S.entries()) {
    await clock(day, begins);
    await say("prompt", { code: "welcome" });
    await all("idle");
    await signIn();
    for (let nth = 0; nth < diners; nth += 1) {
      await clock(day, begins + nth * GAP_S);
      await diner(turn);
      if (nth % 8 === 7) await WORK[Math.floor(turn / 8) % WORK.length]();
      turn += 1;
    }
    // Nobody is there, the hours go by, and who is signed in no more finds the panel closed.
    await show("today");
    await say("prompt", { code: "welcome" });
    await clock(day, MEALS_S[meal + 1] ? MEALS_S[meal + 1] - 3600 : NIGHT_S);
    await at.page.locator('#strip [data-key="sign"]').first().waitFor();
    assert.equal(await at.page.locator("#panel").isHidden(), true);
    await all("closed");
  }
  await clock(day, DAY_S + OPENS_S - 60);
  // Reviews of a day that is over expire.
  await Promise.all(pages.map((page) => page.locator("#strip .badge").waitFor({ state: "detached" })));
}

step("a day of a busy canteen leaves browser and server as they were", async (t) => {
  await play(0, DINERS_FIRST);
  const weights = async () => [await Promise.all(pages.map(weigh)), held(process.env.CANTEEND_PID)];
  const [before, heldBefore] = await weights();
  await play(1, DINERS);
  const [after, heldAfter] = await weights();
  const { count } = await say("entries", { kind: "meal" });
  t.diagnostic(`${3 * DINERS} diners, ${count} meals in all`);
  t.diagnostic(`pages ${JSON.stringify(before)} to ${JSON.stringify(after)}`);
  t.diagnostic(`server ${JSON.stringify(heldBefore)} to ${JSON.stringify(heldAfter)}`);
  for (const [nth, page] of before.entries()) assertFlat(page, after[nth], `page ${nth + 1}`);
  assertHeld(heldBefore, heldAfter);
});

step("who is signed out for doing nothing stands in the ledger as such", async () => {
  const { last } = await say("entries", { kind: "sign" });
  assert.deepEqual([last.operator, last.change], ["op-1", "timed-out"]);
});

step("of five hundred who wait the oldest are shown, and the page says how many there are", async () => {
  await clock(2, MEALS_S[1]);
  await all("idle");
  for (let nth = 1; nth <= MANY; nth += 1) await say("doubt", { candidates: [(nth % ELDERS) + 1, ((nth + 7) % ELDERS) + 1] });
  await at.page.waitForFunction((many) => document.querySelector("#strip .badge")?.textContent === `${many}`, MANY);
  await signIn();
  await at.page.locator(".candidate").first().waitFor();
  const body = at.page.locator(".panel .body");
  assert.match(await body.textContent(), /第 1 位，共 500 位.*先处理最早的 12 位/);
  assert.equal(await at.page.locator(".candidate").count(), 2, "one person at a time");
  for (const [width, height] of [...SIZES.slice(1), SIZES[0]]) {
    await at.page.setViewportSize({ width, height });
    await checkLayout(at.page, `many reviews at ${width} x ${height}`);
  }
  await checkAxe(at.page, "many reviews");
  await keepScreen(at.page, "panel-review-many");
  for (let nth = 0; nth < 12; nth += 1) await at.page.click('[data-key="next"]');
  assert.match(await body.textContent(), /第 1 位，共 500 位/, "after the twelfth comes the first");
  await at.page.click('[data-key="neither"]');
  await confirm();
  await at.page.waitForFunction((left) => document.querySelector(".panel .body").textContent.includes(`共 ${left} 位`), MANY - 1);
});

step("a review and an undo are done by the keyboard alone", async () => {
  const { keyboard } = at.page;
  await tabTo(".candidate");
  const chosen = await at.page.evaluate(() => document.activeElement.querySelector(".name").textContent);
  await keyboard.press("Enter");
  await tabTo("#dialog .main");
  await keyboard.press("Enter");
  await notice(`已为${chosen}登记`);
  await tabTo('#strip [data-key="today"]');
  await keyboard.press("Enter");
  await at.page.locator(`.rows li:has-text("${chosen}")`).first().waitFor();
  await tabTo(".rows li button");
  await keyboard.press("Enter");
  await tabTo("#dialog [role=radio]");
  await keyboard.press("Space");
  await tabTo("#dialog .main");
  await keyboard.press("Enter");
  await notice("已撤销");
  await at.page.locator(`.rows li.gone:has-text("${chosen}")`).first().waitFor();
  assert.equal(await at.page.evaluate(() => document.querySelector(".rows").contains(document.activeElement)), true, "the focus stays in the list");
  await keyboard.press("Escape");
  assert.equal(await at.page.locator("#panel").isHidden(), true);
});
