// A card reader that types like a keyboard: digits, on some cards letters too, faster than any hand,
// then Enter, anywhere.

const GAP_MS_MAX = 80;
const SIGNS_MIN = 6;
const SIGNS_MAX = 32;

/** Calls `scanned` with the digits of each card. */
export function listenForCards(scanned) {
  let digits = "";
  let last = 0;
  let field = null;
  let before = "";

  document.addEventListener(
    "keydown",
    (event) => {
      const fast = event.timeStamp - last <= GAP_MS_MAX;
      last = event.timeStamp;
      if (/^[0-9A-Za-z]$/.test(event.key)) {
        if (!fast || digits === "") {
          digits = "";
          field = document.activeElement instanceof HTMLInputElement ? document.activeElement : null;
          before = field?.value ?? "";
        }
        digits += event.key;
        return;
      }
      const card = digits;
      digits = "";
      if (event.key !== "Enter" || !fast || card.length < SIGNS_MIN || card.length > SIGNS_MAX) return;
      // What the reader typed was not meant for the field that happened to have the focus, nor its
      // Enter for a button.
      event.preventDefault();
      event.stopPropagation();
      if (field) {
        field.value = before;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      scanned(card);
    },
    true,
  );
}
