// Every scene and panel at every size, from states that differ from the daemon's own in what is
// shown alone. Their pictures at 1280 x 800 are those of docs/screens.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { LEFT, SCREENS, made } from "./box.mjs";
import { SIZES, checkAxe, checkLayout, openPage, scene, stateOf } from "./browser.mjs";

// Only `make screens` renews the pictures of the project.
export const KEEP = process.env.CANTEEND_SCREENS ? SCREENS : path.join(LEFT, "screens");
const FACE = { x: 0.32, y: 0.16, width: 0.36, height: 0.56 };
const code = (code, text) => ({ code, text });
const person = (token, name, age, last4) => ({ token, name, age, last4 });

const REVIEWS = {
  count: 3,
  open: [
    { number: 41, age_s: 35, time: "11:42", window: code("lunch", "午餐"), reasons: [code("thin-margin", "两位老人都像")], candidates: [person("a", "王秀英", 82, "1234"), person("b", "王秀兰", 79, "5521")] },
    { number: 44, age_s: 300, time: "11:44", window: code("lunch", "午餐"), reasons: [code("no-match", "未登记或认不出")], candidates: [] },
    { number: 45, age_s: 20, time: "11:49", window: code("lunch", "午餐"), reasons: [code("quality", "看不清楚")], candidates: [person("b", "王秀兰", 79, "5521")] },
  ],
};
const row = (entry, time, who, method, amount, reason, state, operator) => ({ entry, time, person: who, window: code("lunch", "午餐"), method, amount, reason, operator, state, voidable: state.code === "stands" });
const TODAY = {
  date: "2026-03-02",
  more: 66,
  rows: [
    row(91, "11:58", person("a", "王秀英", 82, "1234"), code("face", "刷脸"), "4", null, code("stands", "有效"), null),
    row(90, "11:57", person("b", "欧阳国强", 83, "0041"), code("staff", "人工"), "0", code("home-care", "已享受居家养老服务"), code("void", "已撤销"), "op-1"),
    { ...row(89, "11:52", null, code("expired", "超时"), "0", null, code("stands", "有效"), null), voidable: false },
  ],
};
// Names as no elder has them: very long, of another direction, of markup, of nothing.
const NAMES = ["王".repeat(10_000), "\u202e\u202dمرحبا بالعالم", "<img src=x onerror=alert(1)>&amp;", "👵🏻".repeat(200), "", "a".repeat(10_000)];
const FOUND = { hits: NAMES.map((name, at) => person(`n${at}`, name, 70 + at, at % 2 ? null : "1234")), more: 4_980 };

/** Keeps a picture of what is shown, once nothing moves and no pointer rests on it. */
export async function keepScreen(page, name) {
  fs.mkdirSync(KEEP, { recursive: true });
  await page.mouse.move(0, 0);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  await page.screenshot({ path: path.join(KEEP, `${name}.png`), caret: "hide" });
}

/** A page whose states, lists and searches the test makes. */
export class Screens {
  static async open(browser, box, { script = null, language = "zh" } = {}) {
    const screens = new Screens();
    Object.assign(screens, await openPage(browser, box.url, { drawn: true, script, name: `screens-${language}` }));
    screens.language = language;
    screens.page.on("dialog", () => assert.fail("a name was taken for script"));
    await scene(screens.page, "idle");
    if (language !== "zh") {
      await screens.page.click('#strip [data-key="language"]');
      await screens.page.waitForSelector(`html[lang=${language}]`);
      await scene(screens.page, "idle");
    }
    screens.base = { ...(await stateOf(screens.page)), server: "screens" };
    screens.base.device = { ...screens.base.device, faults: [], parts: screens.base.device.parts.map((part) => ({ ...part, well: true })), last_upload: "2026-03-01 22:04" };
    screens.base.counts = { ...screens.base.counts, diners: 86, subsidised: 61, bands: [{ code: "70-79", text: "70–79 岁", count: 40 }, { code: "80+", text: "80 岁以上", count: 21 }] };
    screens.revision = 0;
    // The stream stays open, as the daemon's does: the page's own `fetch` is given what is sent.
    await screens.page.addInitScript(() => {
      const fetched = window.fetch;
      window.fetch = (...asked) => {
        if (asked[0] !== "/events") return fetched(...asked);
        const body = new ReadableStream({ start: (control) => (window.sent = (text) => control.enqueue(new TextEncoder().encode(text))) });
        return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
      };
    });
    await screens.page.route("**/find?*", (route) => route.fulfill({ json: FOUND }));
    await screens.page.route("**/today", (route) => route.fulfill({ json: TODAY }));
    await screens.page.reload();
    return screens;
  }

  /** Sends a state that differs from the daemon's by `change`. */
  async show(change) {
    this.revision += 1;
    const state = { ...this.base, ...change, revision: this.revision };
    await this.page.waitForFunction(() => window.sent);
    await this.page.evaluate((text) => window.sent(text), `event: state\ndata: ${JSON.stringify(state)}\n\n`);
    await scene(this.page, state.scene.kind);
  }

  signedIn(change = {}) {
    return this.show({ operator: { id: "op-1", name: "李师傅" }, left: { by_hand: 58, void: 19, late: 10 }, reviews: REVIEWS, ...change });
  }

  /** A long day: so many states, one after the other as fast as the page takes them. */
  async day(states) {
    const before = this.revision;
    this.revision += states;
    const last = { ...this.base, operator: { id: "op-1", name: "李师傅" }, left: { by_hand: 1, void: 1, late: 1 }, reviews: REVIEWS };
    await this.page.evaluate(
      async ([state, from, count]) => {
        for (let turn = 1; turn <= count; turn += 1) {
          const scene = { ...state.scene, kind: turn % 2 ? "served" : "idle", moment: from + turn, title: `${turn}` };
          window.sent(`event: state\ndata: ${JSON.stringify({ ...state, scene, revision: from + turn })}\n\n`);
          if (turn % 8 === 0) await new Promise(requestAnimationFrame);
        }
      },
      [last, before, states],
    );
    await this.page.waitForFunction((states) => document.getElementById("title").textContent === `${states}`, states);
  }

  /** Checks what is shown at all sizes. */
  async fits(name) {
    for (const [width, height] of [...SIZES.slice(1), SIZES[0]]) {
      await this.page.setViewportSize({ width, height });
      await checkLayout(this.page, `${name} (${this.language}) at ${width} x ${height}`);
    }
  }

  /** The same, by axe's rules as well, and keeps its picture. */
  async check(name, keep = true) {
    await this.fits(name);
    await checkAxe(this.page, `${name} (${this.language})`);
    if (!keep || this.language !== "zh") return;
    await keepScreen(this.page, name);
  }
}

/** All scenes that an elder can see, alone and beside an open panel. */
export async function elders(screens) {
  const kept = ["idle", "wait", "one-at-a-time", "served", "again", "ask-staff", "closed", "out-of-order", "too-far", "turned-away", "already-today", "home-care"];
  for (const beside of [false, true]) {
    if (beside) await screens.page.click('#strip [data-key="device"]');
    for (const { name, ...words } of JSON.parse(made(`${screens.language}.json`))) {
      const near = !["idle", "closed", "out-of-order"].includes(words.kind);
      const scene = { ...screens.base.scene, ...words, moment: 1, face: near ? FACE : null };
      const next = words.kind === "closed" ? { window: code("supper", "晚餐"), from: "16:30", tomorrow: false } : null;
      await screens.show({ scene, next_meal: next });
      const [title, figure, detail] = await screens.page.evaluate(() => ["title", "figure", "detail"].map((id) => Number.parseFloat(getComputedStyle(document.getElementById(id)).fontSize)));
      assert.ok(title >= 72 && figure >= 72 && detail >= 40, `${name}: ${title}, ${figure}, ${detail}`);
      if (beside) await screens.fits(`${name} beside a panel`);
      else await screens.check(name, kept.includes(name));
    }
  }
    await screens.page.click(".panel header button");
}

/** All panels of the staff. */
export async function panels(screens) {
  const { page } = screens;
  const open = (key) => page.click(`#strip [data-key="${key}"]`);
  const idle = { scene: screens.base.scene };
  await screens.show(idle);
  await open("sign");
  await screens.check("panel-sign-in");
  await screens.signedIn(idle);
  await page.waitForSelector(".candidate");
  assert.equal(await page.locator(".candidate[aria-pressed=true], .candidate.main, .candidate:focus").count(), 0, "no candidate is suggested");
  await screens.check("panel-review");
  await page.click(".candidate >> nth=0");
  await screens.check("panel-review-confirm");
  await page.keyboard.press("Escape");
  await open("find");
  await page.fill(".panel input", "w");
  await page.waitForSelector(".hit");
  await screens.check("panel-find-strange-names", false);
  assert.equal(await page.locator(".hit img, .hit script").count(), 0);
  assert.match(await page.locator(".label-row").textContent(), /4980/);
  await page.unroute("**/find?*");
  await page.route("**/find?*", (route) => route.fulfill({ json: { hits: [person("a", "王秀英", 82, "1234"), person("b", "王秀兰", 79, "5521"), person("c", "王小英", 71, null)], more: 0 } }));
  await page.fill(".panel input", "wx");
  await page.waitForSelector('.hit[data-key="c"]');
  await screens.check("panel-find");
  await page.click(".hit >> nth=0");
  await screens.check("panel-by-hand");
  await page.keyboard.press("Escape");
  await open("today");
  await page.waitForSelector(".rows li");
  await screens.check("panel-today");
  await page.click(".rows button >> nth=0");
  await screens.check("panel-undo");
  await page.keyboard.press("Escape");
  await open("late");
  await screens.check("panel-late");
  const fault = { code: "camera-lost", text: "摄像头没有画面", remedy: "由人工登记。检查摄像头的线有没有松，拔下再插一次；还不行请联系技术员。" };
  const parts = screens.base.device.parts.map((part) => (part.code === "camera" ? { ...part, well: false, value: "有问题" } : part));
  await open("device");
  await screens.check("panel-device-well", false);
  await screens.signedIn({ ...idle, device: { ...screens.base.device, faults: [fault], parts } });
  await page.waitForSelector(".fault");
  await screens.check("panel-device");
}
