// The page's beginning: states in, what people see out.

import { act, useToken } from "./act.js";
import { listenForCards } from "./card.js";
import { tell } from "./dialog.js";
import { say } from "./dom.js";
import { follow } from "./link.js";
import { hear } from "./sound.js";
import { showFace, showLost, showScene } from "./stage.js";
import { openSignIn, showStrip } from "./strip.js";

let state = null;

follow({
  state(newest, restarted, reads) {
    // Sentences of the page itself are in the language in which it was loaded.
    if (!document.documentElement.lang.toLowerCase().startsWith(newest.language)) {
      location.reload();
      return;
    }
    state = newest;
    useToken(newest.csrf);
    showScene(newest);
    showStrip(newest, restarted);
    // Of several pages of a browser one is heard.
    hear(newest, reads);
  },
  face: showFace,
  lost: showLost,
});

listenForCards(async (digits) => {
  if (state?.operator) {
    tell(await act("card", { digits }));
    return;
  }
  if (state) openSignIn();
  tell({ ok: false, text: say.card_sign_in });
});
