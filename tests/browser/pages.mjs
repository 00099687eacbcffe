// More than one page: two, another language, less motion, fifty.

import assert from "node:assert/strict";
import net from "node:net";
import { at, step } from "./at.mjs";
import { checkAxe, openPage, scene, title } from "./browser.mjs";

const PAGES = 50;
// Those of one browser that show the live picture (picture.js).
const PICTURES = 3;
// Longer than a page that reads for others may say nothing (link.js).
const MUTE_MS = 31_000;
const BROWSERS = 6;
const GROWTH_KB_MAX = 32 << 10;

step("two pages show the same, and a page that is loaded again goes on", async () => {
  const other = await openPage(at.browser, at.box.url);
  await scene(other.page, "idle");
  at.box.see("another-stranger");
  await Promise.all([scene(at.page, "ask-staff"), scene(other.page, "ask-staff")]);
  at.box.see("nobody");
  await Promise.all([scene(at.page, "idle"), scene(other.page, "idle")]);
  await at.page.reload();
  await at.page.waitForSelector('#strip [data-key="sign-out"]');
  assert.equal(await at.page.locator("#strip .badge").textContent(), "1");
  assert.equal(await other.page.locator('#strip [data-key="sign-out"]').count(), 0, "signed in on one page only");
  await other.leave();
});

step("the page speaks English where it is asked to", async () => {
  const other = await openPage(at.browser, at.box.url);
  await scene(other.page, "idle");
  await other.page.click('#strip [data-key="language"]');
  await other.page.waitForSelector("html[lang=en]");
  await scene(other.page, "idle");
  assert.equal(await title(other.page), "Welcome");
  await checkAxe(other.page, "English");
  await other.leave();
});

step("nothing moves for those who asked for less motion", async () => {
  const other = await openPage(at.browser, at.box.url);
  await other.page.emulateMedia({ reducedMotion: "reduce" });
  await scene(other.page, "idle");
  assert.equal(await other.page.evaluate(() => document.getAnimations().length), 0);
  await other.leave();
});

step("a seventh page of one browser shows what the first one shows, and so does a fiftieth", async (t) => {
  const first = await openPage(at.browser, at.box.url, { filmed: false, name: "tabs" });
  const tabs = [first.page];
  while (tabs.length < PAGES) {
    const tab = await first.context.newPage();
    await tab.goto(at.box.url);
    await scene(tab, "idle");
    tabs.push(tab);
  }
  const all = (kind) => Promise.all(tabs.map((tab) => scene(tab, kind)));
  at.box.see("elder");
  await all("again");
  const seen = await Promise.all(tabs.map((tab) => tab.locator("#view").isVisible()));
  assert.equal(seen.filter(Boolean).length, PICTURES, "the others leave connections for what is asked");
  const blind = tabs.filter((_, nth) => !seen[nth]);
  // The page that reads for all is closed: another one takes its place, and its picture's.
  await tabs.shift().close();
  at.box.see("nobody");
  await all("idle");
  await Promise.any(blind.map((tab) => tab.waitForSelector("#view:not([hidden])")));
  // A tap in any of them is answered, and all of them know.
  const counted = () => at.box.entries("satisfaction").length;
  const before = counted();
  await tabs.at(-1).click('#strip [data-key="fair"]');
  await tabs.at(-1).waitForFunction(() => document.querySelector("#notice").textContent.includes("谢谢"));
  assert.equal(counted(), before + 1);
  t.diagnostic(`${tabs.length} pages of one browser`);
  await first.leave();
});

step("a page that another one reads for does so itself where that one says nothing any more", async () => {
  // The first page can be made mute.
  const script = () => {
    const say = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (said) {
      if (!window.mute) say.call(this, said);
    };
  };
  const first = await openPage(at.browser, at.box.url, { script, name: "mute" });
  await scene(first.page, "idle");
  const second = await first.context.newPage();
  await second.clock.install();
  await second.goto(at.box.url);
  await scene(second, "idle");
  await first.page.evaluate(() => (window.mute = true));
  at.box.see("elder");
  await scene(first.page, "again");
  assert.equal(await second.getAttribute("#stage", "data-scene"), "idle");
  await second.clock.fastForward(MUTE_MS);
  await scene(second, "again");
  at.box.see("nobody");
  await Promise.all([scene(first.page, "idle"), scene(second, "idle")]);
  await first.leave();
});

step("fifty browsers, some of which never read, cost the box no memory to speak of", async (t) => {
  const memory = at.box.memoryKb();
  // Most of them are streams without a browser round them: fifty browsers would measure themselves.
  const streams = Array.from({ length: PAGES - BROWSERS }, (_, nth) => {
    const socket = net.connect(at.box.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${at.box.port}\r\n\r\n`);
    return nth % 4 === 0 ? socket.pause() : socket.resume();
  });
  const pages = [];
  for (let opened = 0; opened < BROWSERS; opened += 1) pages.push(await openPage(at.browser, at.box.url));
  await Promise.all(pages.map((one) => scene(one.page, "idle")));
  at.box.see("elder");
  await Promise.all(pages.map((one) => scene(one.page, "again")));
  at.box.see("nobody");
  await Promise.all(pages.map((one) => scene(one.page, "idle")));
  t.diagnostic(`${memory} kB before, ${at.box.memoryKb()} kB with ${PAGES} of them`);
  assert.ok(at.box.memoryKb() - memory < GROWTH_KB_MAX, `${at.box.memoryKb()} kB`);
  for (const one of pages) await one.leave();
  for (const socket of streams) socket.destroy();
});
