// The page's files and a server that says what a test wants to see: for what takes hours or luck with a real one.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { WebSocketServer } from "ws";

const PAGE = new URL("../../main/resources/web/", import.meta.url);
const CLIENT = new URL("../../../client/", import.meta.url);
const TYPES = { html: "text/html", js: "text/javascript", mjs: "text/javascript", css: "text/css", svg: "image/svg+xml" };

export class Stand {
  viewers = new Set();
  /** What viewers asked for, and what was said, in order. */
  watches = [];
  history = [];
  calls = [];
  /** An error for a comment, to be taken instead of it. */
  refuse = () => null;
  /** Whether comments get no answer; the ids of all that came. */
  deaf = false;
  ids = [];
  totals = {};
  offset = 1;

  /** @param policy the Content-Security-Policy that the node sends */
  static async start(port, policy) {
    const stand = new Stand();
    stand.http = createServer(async (request, response) => {
      if (request.url.startsWith("/streams/")) return stand.#call(request, response);
      const name = request.url.split("?")[0].slice(1) || "index.html";
      try {
        const file = await readFile(new URL(name, /^ovation\./.test(name) ? CLIENT : PAGE));
        const type = TYPES[name.split(".").pop()];
        response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(file);
      } catch {
        response.writeHead(404).end();
      }
    });
    const sockets = new WebSocketServer({ server: stand.http, path: "/live/websocket" });
    sockets.on("connection", (socket) => stand.#serve(socket));
    await new Promise((listening) => stand.http.listen(port, "127.0.0.1", listening));
    stand.url = `http://127.0.0.1:${stand.http.address().port}`;
    return stand;
  }

  /** Calls of the HTTP API are noted, and done. */
  async #call(request, response) {
    let body = "";
    for await (const piece of request) body += piece;
    const { method, url, headers } = request;
    this.calls.push({ method, url, token: headers.authorization, body: body && JSON.parse(body) });
    response.writeHead(202, { "content-type": "application/json" }).end('{"held":[]}');
  }

  #serve(socket) {
    const say = (message) => socket.send(JSON.stringify(message));
    let user = "";
    this.viewers.add(socket);
    socket.on("close", () => this.viewers.delete(socket));
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (message.type === "watch") {
        user = message.user;
        const { stream, since = this.offset, last = 0 } = message;
        this.watches.push(message);
        say({ type: "watching", stream, region: "r", offset: since, viewers: 1, heartbeat_ms: 25000 });
        const missed = message.since === undefined ? this.history.slice(-last || Infinity) : this.history.filter(({ offset }) => offset > since);
        for (const comment of missed) say(comment);
      } else if (message.type === "ping") {
        say({ type: "pong" });
      } else if (message.type === "comment") {
        this.ids.push(message.id);
        if (this.deaf) return;
        const refusal = this.refuse(message);
        if (refusal) return say({ type: "error", id: message.id, ...refusal });
        say({ type: "accepted", id: message.id });
        this.comment(user, message.text, message.id, { reply_to: message.reply_to });
      } else if (message.type === "reaction") {
        this.reactions({ [message.kind]: message.count });
      }
    });
  }

  all(message) {
    for (const socket of this.viewers) socket.send(JSON.stringify({ stream: "s", ...message }));
  }

  comment(user, text, id = `i${this.offset}`, more) {
    const comment = { type: "comment", stream: "s", id, user, text, at: new Date().toISOString(), offset: ++this.offset, ...more };
    this.history.push(comment);
    this.all(comment);
  }

  reactions(counts) {
    for (const [kind, count] of Object.entries(counts)) this.totals[kind] = (this.totals[kind] ?? 0) + count;
    this.all({ type: "reactions", counts, totals: this.totals });
  }

  close() {
    for (const socket of this.viewers) socket.terminate();
    this.http.close();
    this.http.closeAllConnections();
  }
}
