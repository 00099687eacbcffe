// Registering an elder by hand.

import { ask } from "./dialog.js";
import { el, fill, person, say } from "./dom.js";
import { search } from "./search.js";

/** The panel that finds an elder and registers them. */
export function find() {
  let options = [];
  const left = el("p", { class: "soft" });
  const field = search(async (who) => {
    const answer = await ask({
      name: "by-hand",
      title: say.by_hand_question,
      subject: person(who),
      reasons: options,
      chosen: (reason) => ({ elder: who.token, reason }),
    });
    if (answer?.ok) field.forget();
  });
  return {
    title: say.find,
    body: el("div", { class: "body" }, left, field.node),
    focus: field.focus,
    update(state, restarted) {
      if (restarted) field.forget();
      options = state.options.by_hand;
      left.textContent = state.left ? fill(say.left_by_hand, { count: state.left.by_hand }) : "";
    },
  };
}
