// Chromium, pages with a trace each, and what is checked of every page.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { LEFT } from "./box.mjs";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const WAIT_MS_MAX = 20_000;

/** Width and height of every screen that the page is made for. */
export const SIZES = [
  [1280, 800],
  [1024, 600],
  [1920, 1080],
  [800, 1280],
];

/** A drawn person in the place of the camera's picture: no face is kept with the project. */
const PLACEHOLDER = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480" viewBox="0 0 640 480">
<rect width="640" height="480" fill="#d8cbb2"/><rect y="330" width="640" height="150" fill="#c9b998"/>
<path d="M150 480c0-110 70-160 170-160s170 50 170 160z" fill="#7b6a53"/><ellipse cx="320" cy="205" rx="92" ry="112" fill="#a8957a"/>
</svg>`;

export async function openBrowser() {
  // Containers run as root, where Chromium's own sandbox does not start.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: CHROMIUM, args: [...args, "--autoplay-policy=no-user-gesture-required"] });
}

// Contexts that are open, with the name of their traces.
const contexts = new Map();
let opened = 0;

/**
 * A page of its own browser context, which is traced until `leave`. With `drawn` the picture is a
 * drawn one; `script` runs before the page's own; `filmed` puts pictures into the trace.
 */
export async function openPage(browser, url, { size = SIZES[0], drawn = false, script = null, filmed = true, name = "page" } = {}) {
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, bypassCSP: drawn, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  context.setDefaultTimeout(WAIT_MS_MAX);
  await context.tracing.start({ screenshots: filmed, snapshots: filmed });
  contexts.set(context, `${name}-${(opened += 1)}`);
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  if (drawn) await page.route("**/preview*", (route) => route.fulfill({ contentType: "image/svg+xml", body: PLACEHOLDER }));
  await page.goto(url);
  const leave = async () => {
    contexts.delete(context);
    await context.close();
    assert.deepEqual(problems, [], "the page's script failed");
  };
  return { page, context, leave };
}

/** Begins every trace anew: what was traced went well. */
export async function renewTraces() {
  for (const context of contexts.keys()) {
    await context.tracing.stopChunk();
    await context.tracing.startChunk();
  }
}

/** Keeps a picture of every page, and the trace of every context; those without a page of `kept` end. */
export async function keepTraces(test, kept) {
  const name = test.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
  for (const [context, own] of contexts) {
    const left = path.join(LEFT, `${name}.${own}`);
    const pages = context.pages();
    for (const [at, page] of pages.entries()) await page.screenshot({ path: `${left}.${at + 1}.png` }).catch(() => {});
    await context.tracing.stopChunk({ path: `${left}.zip` });
    await context.tracing.startChunk();
    if (pages.some((page) => kept.has(page))) continue;
    contexts.delete(context);
    await context.close();
  }
}

/** Waits until the elder's part shows a kind of scene. (A locator holds no element, as a handle would.) */
export const scene = (page, kind) => page.locator(`#stage[data-scene="${kind}"]`).waitFor();

export const title = (page) => page.locator("#title").textContent();

/** Whether all of the page can be read and used: no scrolling to the side, large enough targets. */
export async function checkLayout(page, name) {
  const found = await page.evaluate(async () => {
    // What follows the size of the screen follows it in the next frame.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const root = document.documentElement;
    const seen = (node) => node.checkVisibility() && node.getClientRects().length > 0;
    const small = [...document.querySelectorAll("button, input")].filter(seen).filter((node) => node.offsetWidth < 60 || node.offsetHeight < 60);
    const message = document.querySelector(".message");
    return {
      sideways: root.scrollWidth - innerWidth,
      down: root.scrollHeight - innerHeight,
      clipped: [message.scrollWidth - message.clientWidth, message.scrollHeight - message.clientHeight].map((over) => Math.max(over, 0)),
      panel: [...document.querySelectorAll(".panel .body")].map((body) => Math.max(body.scrollWidth - body.clientWidth, 0)),
      small: small.map((node) => node.textContent),
    };
  });
  assert.deepEqual({ ...found, panel: found.panel.filter((over) => over > 0) }, { sideways: 0, down: 0, clipped: [0, 0], panel: [], small: [] }, name);
}

/** Holds the page against axe's rules, and the elder's texts against a contrast of 7:1. */
export async function checkAxe(page, name) {
  await page.evaluate((axe) => {
    if (!window.axe) new Function(axe)();
  }, AXE);
  const found = await page.evaluate(async () => {
    const all = await axe.run();
    const strong = await axe.run(".message", { runOnly: ["color-contrast-enhanced"], rules: { "color-contrast-enhanced": { enabled: true } } });
    return [...all.violations, ...strong.violations].map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
  assert.deepEqual(found, [], name);
}

/** The state that a daemon sends to a page that nobody signed in to. */
export async function stateOf(page) {
  return page.evaluate(async () => (await fetch("/state")).json());
}
