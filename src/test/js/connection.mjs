// One way to talk to the server, over any transport: send objects, await messages by type.
import SockJS from "sockjs-client";
import WebSocket from "ws";

const LIMIT_MS = 15_000;

/** Opens a connection; `transport` is "bare" for a plain WebSocket, else a SockJS transport. */
export async function open(base, transport) {
  const socket =
    transport === "bare"
      ? new WebSocket(base.replace("http", "ws") + "/live/websocket")
      : new SockJS(base + "/live", null, { transports: [transport] });
  const connection = new Connection(socket, transport);
  await connection.opened;
  return connection;
}

class Connection {
  constructor(socket, transport) {
    this.socket = socket;
    this.transport = transport;
    this.messages = [];
    this.waiting = [];
    this.ended = "";
    this.opened = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${transport}: not open in time`)), LIMIT_MS).unref();
      socket.onopen = resolve;
      socket.onclose = (e) => {
        this.ended = `closed ${e.code} ${e.reason}`;
        reject(new Error(`${transport}: ${this.ended}`));
      };
    });
    // A plain WebSocket may carry several messages in a frame, one a line.
    socket.onmessage = (e) =>
      e.data
        .split("\n")
        .map((line) => JSON.parse(line))
        .forEach((message) => this.received(message));
  }

  received(message) {
    this.messages.push(message);
    this.waiting = this.waiting.filter((attempt) => !attempt());
  }

  /** Sends an object as JSON, or a string as it is. */
  send(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Takes the first message, come or to come, that passes `test`. */
  take(what, test) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = JSON.stringify(this.messages);
        reject(new Error(`${this.transport}: no ${what}; left: ${seen}; ${this.ended}`));
      }, LIMIT_MS);
      const attempt = () => {
        const at = this.messages.findIndex(test);
        if (at < 0) return false;
        clearTimeout(timer);
        resolve(this.messages.splice(at, 1)[0]);
        return true;
      };
      if (!attempt()) this.waiting.push(attempt);
    });
  }

  /** Takes the first message of a type. */
  next(type) {
    return this.take(type, (m) => m.type === type);
  }

  close() {
    this.socket.onclose = null;
    this.socket.close();
  }
}
