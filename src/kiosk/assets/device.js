// How the box is, and what to do about it.

import { act } from "./act.js";
import { ask, show, tell } from "./dialog.js";
import { button, el, fill, icon, keyed, say } from "./dom.js";

const PARTS = { camera: "box", network: "network", clock: "clock", disk: "disk", gallery: "faces", ledger: "ledger" };

/** The panel of the box's state. */
export function device() {
  const well = el("p", { class: "row" }, icon("check"), el("strong", {}, say.device_well));
  const faults = el("ul", { class: "faults" });
  const parts = el("ul", { class: "parts" });
  const upload = el("p", {});

  async function dayCode() {
    const answer = await act("day-code");
    if (!answer.ok || !answer.day_code) {
      tell(answer);
      return;
    }
    await show(say.day_code, el("p", { class: "code" }, answer.day_code), el("p", {}, answer.text), el("p", { class: "soft" }, say.day_code_explained));
  }

  const uploadNow = button("upload", say.upload, () => ask({ name: "upload", title: say.upload_question, chosen: () => ({}) }));
  const showCode = button("seal", say.day_code, dayCode);
  return {
    title: say.device,
    body: el("div", { class: "body" }, well, faults, parts, upload, el("div", { class: "row" }, uploadNow, showCode)),
    update(state) {
      uploadNow.hidden = state.operator === null;
      showCode.hidden = state.operator === null;
      well.hidden = state.device.faults.length > 0;
      keyed(faults, state.device.faults, (fault) => fault.code, (fault) =>
        el("li", { class: "fault" }, icon("fault"), el("h3", {}, fault.text), el("p", {}, fault.remedy)),
      );
      keyed(parts, state.device.parts, (part) => part.code, (part) =>
        el(
          "li",
          { class: part.well ? "part" : "part ailing" },
          icon(part.well ? (PARTS[part.code] ?? "box") : "fault"),
          el("h3", {}, part.text),
          el("p", { class: "soft" }, part.value),
        ),
      );
      const last = state.device.last_upload;
      upload.textContent = [last ? fill(say.last_upload, { time: last }) : say.never_uploaded, fill(say.pending, { count: state.device.pending })].join(" · ");
    },
  };
}
