// What is heard. The page plays and speaks through the browser's own interfaces, which write down
// what they are asked for; the machine of a test has no voices, so the test says which there are.

import assert from "node:assert/strict";
import { at, step } from "./at.mjs";
import { openPage, scene } from "./browser.mjs";
import { Screens } from "./screens.mjs";

const TONES = { good: [523, 659, 784], gentle: [523, 659], call: [440, 440] };

/** In the page, before its own script: writes down notes, in hertz, and words. */
export const listen = () => {
  window.heard = { notes: [], words: [], voices: [] };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.heard.notes.push(Math.round(this.frequency.value));
    return start.apply(this, when);
  };
  window.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
  speechSynthesis.getVoices = () => window.heard.voices;
  speechSynthesis.speak = ({ text, voice }) => window.heard.words.push(`${voice.lang}: ${text}`);
};

/** What a page has heard since it was last asked. */
export const heard = (page) =>
  page.evaluate(() => {
    const { notes, words } = window.heard;
    Object.assign(window.heard, { notes: [], words: [] });
    return { notes, words };
  });

/** Gives the machine these voices. */
export const voices = (page, ...languages) => page.evaluate((all) => (window.heard.voices = all.map((lang) => ({ lang }))), languages);

step("each result has its tone, once for each moment, and instructions have none", async () => {
  const screens = await Screens.open(at.browser, at.box, { script: listen });
  const show = async (kind, tone, moment) => {
    await screens.show({ scene: { ...screens.base.scene, kind, tone, moment, speech: "请" } });
    return (await heard(screens.page)).notes;
  };
  assert.deepEqual(await show("served", "good", 1), [], "it happened before the page was opened");
  assert.deepEqual(await show("served", "good", 2), TONES.good);
  assert.deepEqual(await show("served", "good", 2), [], "the same moment");
  assert.deepEqual(await show("welcome", "gentle", 3), TONES.gentle);
  assert.deepEqual(await show("again", "gentle", 4), TONES.gentle);
  assert.deepEqual(await show("ask-staff", "call", 5), TONES.call);
  for (const kind of ["prompt", "idle", "closed", "out-of-order"]) assert.deepEqual(await show(kind, null, 6), [], kind);
  await screens.leave();
});

step("words are spoken by a voice of the page's language, or not at all", async () => {
  const screens = await Screens.open(at.browser, at.box, { script: listen });
  let moment = 0;
  const say = async (speech) => {
    await screens.show({ scene: { ...screens.base.scene, kind: "served", tone: "good", moment: (moment += 1), speech } });
    return (await heard(screens.page)).words;
  };
  await say("先前");
  assert.deepEqual(await say("您好"), [], "no voice at all");
  await voices(screens.page, "en-US", "de-DE");
  assert.deepEqual(await say("您好"), [], "no voice that speaks Chinese");
  await voices(screens.page, "en-US", "zh-CN");
  assert.deepEqual(await say("您好"), ["zh-CN: 您好"]);
  assert.deepEqual(await say(null), []);
  await screens.leave();
});

step("an elder at the counter is heard on one page of a browser", async () => {
  const first = await openPage(at.browser, at.box.url, { script: listen, name: "heard" });
  await scene(first.page, "idle");
  const second = await first.context.newPage();
  await second.goto(at.box.url);
  await scene(second, "idle");
  for (const page of [first.page, second]) await voices(page, "zh-CN");
  at.box.see("elder");
  await Promise.all([scene(first.page, "again"), scene(second, "again")]);
  assert.deepEqual(await heard(first.page), { notes: TONES.gentle, words: ["zh-CN: 欧阳爷爷，您好，您这一餐已经登记好了"] });
  assert.deepEqual(await heard(second), { notes: [], words: [] });
  at.box.see("nobody");
  await scene(first.page, "idle");
  await first.leave();
});
