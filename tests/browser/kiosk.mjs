// The touchscreen's unit: its own command line, run as systemd runs it but on a screen in memory,
// with Debian's cage and chromium against the real daemon.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Box, clearLeft } from "./box.mjs";

const WAIT_MS_MAX = 60_000;
const PAUSE_MS = 250;
/** Colour of the page's paper (style.css), and the share of the screen that it has at least. */
const PAPER = [0xfa, 0xf4, 0xe6];
const PAPER_SHARE_MIN = 0.2;
/** Colours of a screen with the camera's picture on it. */
const COLOURS_MIN = 500;
/** Cage does not run as root; this is nobody. */
const NOBODY = 65_534;

const root = process.getuid() === 0;
const identity = root ? { uid: NOBODY, gid: NOBODY } : {};

/** The directives of the unit, the last one of each name. */
function unit() {
  const text = fs.readFileSync("systemd/canteend-kiosk.service", "utf8").replaceAll("\\\n", "");
  const lines = text.split("\n").filter((line) => /^[A-Z]\w*=/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

async function until(what, reached) {
  const end = Date.now() + WAIT_MS_MAX;
  for (let seen; ; ) {
    seen = await reached();
    if (seen === true) return;
    assert.ok(Date.now() < end, `${what}: not in time, but ${seen}; ${fs.readFileSync(log, "utf8").slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

let box, runtime, log, screen;

before(async () => {
  clearLeft();
  box = await Box.make("kiosk");
  await box.start();
  // What RuntimeDirectory= gives.
  runtime = fs.mkdtempSync(path.join(os.tmpdir(), "canteend-kiosk-"));
  if (root) fs.chownSync(runtime, NOBODY, NOBODY);
  log = box.file("kiosk.log");
});

after(async () => {
  try {
    if (screen) process.kill(-screen.pid, "SIGKILL");
  } catch {
    // All of its group have ended.
  }
  await box?.stop();
  if (runtime) fs.rmSync(runtime, { recursive: true, force: true, maxRetries: 10 });
});

/** Starts the unit's command. The address is this box's, as a drop-in for `PAGE` would say it. */
function light() {
  const words = unit();
  assert.match(words.get("Environment"), /^PAGE=http:/);
  const command = words.get("ExecStart").replace("${PAGE}", box.url).replaceAll(`/run/${words.get("RuntimeDirectory")}`, path.join(runtime, "profile"));
  const [program, ...rest] = command.trim().split(/\s+/);
  const environment = {
    PATH: "/usr/bin:/bin",
    HOME: runtime,
    XDG_RUNTIME_DIR: runtime,
    WLR_BACKENDS: "headless",
    WLR_RENDERER: "pixman",
    // With one screen cage hands the browser's picture straight to it, where grim cannot see it.
    WLR_HEADLESS_OUTPUTS: "2",
  };
  const out = fs.openSync(log, "w");
  screen = spawn(program, rest, { ...identity, env: environment, stdio: ["ignore", out, out], detached: true });
  return new Promise((resolve) => screen.once("exit", (code, signal) => resolve(code ?? signal)));
}

async function pages() {
  const text = await (await fetch(`${box.url}metrics`)).text();
  return Number(/^canteend_pages (\d+)$/m.exec(text)[1]);
}

/** Width, height and pixels of what the screen shows, or null while there is none. */
function shot() {
  const socket = fs.readdirSync(runtime).find((name) => /^wayland-\d+$/.test(name));
  if (!socket) return null;
  const env = { PATH: "/usr/bin:/bin", XDG_RUNTIME_DIR: runtime, WAYLAND_DISPLAY: socket };
  const ran = spawnSync("grim", ["-t", "ppm", "-"], { ...identity, env, maxBuffer: 64 << 20 });
  if (ran.status !== 0) return null;
  const [, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(ran.stdout.toString("latin1", 0, 40));
  const pixels = ran.stdout.subarray(ran.stdout.length - width * height * 3);
  return { width: Number(width), height: Number(height), pixels };
}

/** Whether the page fills the screen, or how far it does. */
function painted() {
  const seen = shot();
  if (!seen) return "no picture";
  const { width, height, pixels } = seen;
  const colours = new Set();
  let paper = 0;
  let right = 0;
  let low = 0;
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    colours.add(colour);
    paper += PAPER.every((part, n) => part === pixels[at + n]);
    if (colour === 0) continue;
    const x = (at / 3) % width;
    const y = (at / 3 - x) / width;
    right = Math.max(right, x);
    low = Math.max(low, y);
  }
  const share = paper / (width * height);
  const whole = right === width - 1 && low === height - 1;
  return (whole && share >= PAPER_SHARE_MIN && colours.size >= COLOURS_MIN) || `${right}x${low} of ${width}x${height}, paper ${share.toFixed(2)}, ${colours.size} colours`;
}

test("the unit's own command shows the page, finds it again after a restart, and ends", async () => {
  const words = unit();
  for (const program of [words.get("ExecStart").split(" ")[0], "/usr/bin/chromium", "/usr/bin/Xwayland"]) {
    assert.ok(fs.existsSync(program), `${program}; \`make browser-test\` installs it`);
  }
  const ended = light();
  await until("the page follows the box", async () => (await pages()) === 1);
  await until("the page is on the screen", painted);
  await box.stop();
  await box.start();
  await until("the page follows the restarted box", async () => (await pages()) === 1);
  await until("the page is on the screen again", painted);
  process.kill(screen.pid, "SIGTERM");
  // Debian's cage aborts while it takes its screens down; that it ends is what systemd needs.
  await ended;
  await until("nobody follows the box", async () => (await pages()) === 0);
});
