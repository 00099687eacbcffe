// The way to a canteen whose time and whose people a script tells (day.rs).

import { once } from "node:events";
import net from "node:net";
import readline from "node:readline";

/** Connects; the answer carries out one word after the other. */
export async function takeOrders() {
  const socket = net.connect(Number(process.env.CANTEEND_ORDERS), "127.0.0.1");
  await once(socket, "connect");
  const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
  const tell = async (word) => {
    socket.write(`${JSON.stringify(word)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the canteen did not take ${JSON.stringify(word)}`);
    return JSON.parse(value);
  };
  return { tell, end: () => socket.end() };
}
