// A line to a server that can be cut, can go dead, or can refuse WebSockets: what networks do.
import { connect, createServer } from "node:net";

export class Line {
  #pairs = new Set();
  #open = true;
  #dead = false;

  /** @param websockets whether it lets them pass */
  static async to(base, { websockets = true } = {}) {
    const line = new Line();
    const { hostname, port } = new URL(base);
    line.server = createServer((near) => line.#accept(near, { host: hostname, port: Number(port) }, websockets));
    await new Promise((listening) => line.server.listen(0, "127.0.0.1", listening));
    line.url = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  #accept(near, target, websockets) {
    if (!this.#open) {
      near.destroy();
      return;
    }
    const far = connect(target);
    const pair = [near, far];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      pair.forEach((socket) => socket.destroy());
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    near.on("data", (data) => {
      if (!websockets && /^upgrade: websocket/im.test(data.toString("latin1"))) end();
      else if (!this.#dead) far.write(data);
    });
    far.on("data", (data) => this.#dead || near.write(data));
  }

  /** Every connection breaks, and there are no new ones. */
  cut() {
    this.#open = false;
    for (const pair of this.#pairs) pair[0].destroy();
  }

  /** Connections stay open, and nothing comes through. */
  die() {
    this.#dead = true;
  }

  /** New connections work; those that were dead break. */
  heal() {
    if (this.#dead) this.cut();
    this.#dead = false;
    this.#open = true;
  }

  close() {
    this.cut();
    this.server.close();
  }
}
