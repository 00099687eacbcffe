// The elder's part: the camera's picture with a frame round the face, and one thought.
//
// 1. It shows what the state says and adds nothing; only the loss of the daemon, which no state can
//    tell, is its own.
// 2. What is read aloud by screen readers changes only when it is about something else.

import { byId, fill, say, setAttribute, setIcon, setSentence, setText } from "./dom.js";
import { showPicture } from "./picture.js";

const MARKS = {
  idle: "bowl",
  served: "check",
  welcome: "bowl",
  again: "check",
  "ask-staff": "staff",
  closed: "rest",
  "out-of-order": "fault",
  lost: "unplugged",
};
const PROMPT_MARKS = {
  "too-far": "closer",
  "cut-off": "closer",
  "too-dark": "light",
  "too-bright": "light",
  backlit: "light",
  wait: "wait",
  blurred: "wait",
  "one-at-a-time": "one",
};

const stage = byId("stage");
const face = byId("face");
const message = stage.querySelector(".message");
// Steps in which the words become closer and smaller (style.css).
const FIT_MAX = 5;

/** Shows the scene of a state. */
export function showScene(state) {
  const { scene, device, next_meal: next } = state;
  setText(byId("canteen"), device.canteen);
  setText(byId("meal"), next && scene.kind !== "closed" ? fill(say.next_meal, { day: next.tomorrow ? say.day_tomorrow : say.day_today, meal: next.window.text, from: next.from }) : "");
  showWords({
    kind: scene.kind,
    moment: scene.moment,
    mark: scene.kind === "prompt" ? (PROMPT_MARKS[scene.code] ?? "look") : MARKS[scene.kind],
    title: scene.title,
    detail: scene.detail ?? "",
    figure: scene.amount === null ? "" : fill(say.amount, { amount: scene.amount }),
  });
  showPicture(!["closed", "out-of-order"].includes(scene.kind));
  showFace(scene.face);
}

/** Says that the daemon is out of reach. */
export function showLost() {
  showWords({ kind: "lost", moment: 0, mark: MARKS.lost, title: say.lost, detail: say.lost_detail, figure: "" });
  showPicture(false);
}

/** Puts the frame round the face; `null` takes it away. */
export function showFace(box) {
  face.hidden = box === null;
  if (box === null) return;
  const share = (value) => `${(value * 100).toFixed(2)}%`;
  Object.assign(face.style, { left: share(box.x), top: share(box.y), width: share(box.width), height: share(box.height) });
}

let shown = "";

function showWords(words) {
  const now = JSON.stringify(words);
  if (now === shown) return;
  shown = now;
  setAttribute(stage, "data-scene", words.kind);
  setIcon(byId("mark"), words.mark);
  setSentence(byId("title"), words.title, document.documentElement.lang);
  setSentence(byId("detail"), words.detail, document.documentElement.lang);
  setText(byId("figure"), words.figure);
  fit();
}

/** Sets the words as large as they fit. */
function fit() {
  for (let step = 0; step <= FIT_MAX; step += 1) {
    stage.dataset.fit = step;
    if (message.scrollHeight <= message.clientHeight && message.scrollWidth <= message.clientWidth) return;
  }
}

// A panel that opens, and a screen that is turned, change the room for them.
new ResizeObserver(fit).observe(stage);
