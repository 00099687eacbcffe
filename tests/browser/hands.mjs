// What hands do at the page that the tests share.

import { at } from "./at.mjs";

export const strip = (key) => at.page.click(`#strip [data-key="${key}"]`);
export const notice = (text) => at.page.waitForFunction((text) => document.querySelector("#notice").textContent.includes(text), text);
export const confirm = () => at.page.click("#dialog .main");

export async function keys(text) {
  for (const digit of text) await at.page.click(`.keys button:text-is("${digit}")`);
}

/** Types as a reader does: no key waits for the one before. */
export const scan = (digits) => Promise.all([...digits, "Enter"].map((key) => at.page.keyboard.press(key)));

/** Types an operator's id and PIN into the open panel; the code of the answer. */
export async function typeSignIn(pin) {
  await at.page.fill(".credentials input[type=text]", "op-1");
  await at.page.focus(".credentials input[type=password]");
  await keys(pin);
  const [response] = await Promise.all([at.page.waitForResponse("**/act/sign-in"), at.page.click(".credentials .main")]);
  return (await response.json()).code;
}
