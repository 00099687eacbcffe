// The page in Chromium, on the real daemon with a replayed camera. The tests follow one another, as
// the hours of a canteen do.

import { after, before } from "node:test";
import { close, open } from "./at.mjs";

before(open);
after(close);

await import("./counter.mjs");
await import("./staff.mjs");
await import("./sound.mjs");
await import("./pages.mjs");
await import("./sizes.mjs");
await import("./hours.mjs");
