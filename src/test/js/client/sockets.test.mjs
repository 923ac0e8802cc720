// ovation.js over real sockets, against a server that does what a test tells it to. What takes its time is tested in virtual time.
// usage: node client/sockets.test.mjs [port]
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { OvationError, watch } from "ovation-client";

const PORT = Number(process.argv[2] ?? 0);
const LIMIT_MS = 15_000;

// The client waits at random: here hardly at all, and never twice the same, for ids are made of it, too.
let drawn = 0;
Math.random = () => (drawn = (drawn + 1e-7) % 1);

const server = new WebSocketServer({ port: PORT, host: "127.0.0.1", path: "/live/websocket" });
await new Promise((listening) => server.on("listening", listening));
const url = `http://127.0.0.1:${server.address().port}`;
let sockets = [];
let waiting = [];
server.on("connection", (socket) => {
  const connection = new Connection(socket);
  const taker = waiting.shift();
  if (taker) taker(connection);
  else sockets.push(connection);
});
after(() => server.close());
// A client whose test failed would try to come back for ever.
setTimeout(() => process.exit(1), 4 * LIMIT_MS).unref();
beforeEach(() => {
  sockets = [];
});

const within = (what, promise) =>
  Promise.race([
    promise,
    new Promise((_, no) => setTimeout(() => no(new Error(`no ${what}`)), LIMIT_MS).unref()),
  ]);

/** The next connection that a client makes. */
const connected = () =>
  within(
    "connection",
    sockets.length > 0
      ? Promise.resolve(sockets.shift())
      : new Promise((taker) => waiting.push(taker)),
  );

/** One client's connection, as the server sees it. */
class Connection {
  constructor(socket) {
    this.socket = socket;
    this.heard = [];
    this.takers = [];
    this.ended = new Promise((end) => socket.on("close", end));
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      const taker = this.takers.shift();
      if (taker) taker(message);
      else this.heard.push(message);
    });
  }

  /** What the client says next; its pings are answered. */
  async next(type) {
    const message = await within(
      type,
      this.heard.length > 0
        ? Promise.resolve(this.heard.shift())
        : new Promise((taker) => this.takers.push(taker)),
    );
    if (message.type === "ping" && type !== "ping") {
      this.say({ type: "pong" });
      return this.next(type);
    }
    assert.equal(message.type, type, JSON.stringify(message));
    return message;
  }

  say(...messages) {
    this.socket.send(messages.map((message) => JSON.stringify(message)).join("\n"));
  }

  /** Takes the watch and answers it. */
  async admit(offset, more) {
    const asked = await this.next("watch");
    this.say({ type: "watching", stream: asked.stream, region: "r", offset, viewers: 7, heartbeat_ms: 25000, ...more });
    return asked;
  }

  cut() {
    this.socket.terminate();
  }
}

/** A client whose events are kept. */
function join(options) {
  const viewer = watch({ url, stream: "s", user: "bob", WebSocket, ...options });
  const events = [];
  const waits = [];
  const note = (type) => (event) => {
    events.push({ ...event, event: type });
    waits.splice(0).forEach((check) => check());
  };
  for (const type of ["state", "comment", "gap", "error", "viewers", "reactions", "status", "reconnect"]) {
    viewer.on(type, note(type));
  }
  const seen = (what, test) =>
    within(
      what,
      new Promise((done) => {
        const check = () => {
          const found = events.find(test);
          if (found) done(found);
          else waits.push(check);
        };
        check();
      }),
    );
  const is = (state) => seen(`state ${state}`, () => viewer.state === state);
  return { viewer, events, seen, is, of: (type) => events.filter(({ event }) => event === type) };
}

const comment = (offset, text = `c${offset}`) => ({
  type: "comment", stream: "s", id: `i${offset}`, user: "alice", text, at: "2026-01-01T00:00:00Z", offset,
});

test("watches, tells its state and what comes, once and in order", async () => {
  const { viewer, is, of, seen } = join();
  const server = await connected();
  const asked = await server.admit(10);
  assert.deepEqual(asked, { type: "watch", stream: "s", user: "bob" });
  await is("open");
  server.say(comment(11), comment(12));
  server.say(comment(12), comment(11));
  server.say({ type: "viewers", stream: "s", count: 9 }, { type: "no such type" }, { type: "status", stream: "s", live: true });
  server.say({ type: "reactions", stream: "s", counts: { like: 1 }, totals: { like: 5 } }, comment(13));
  await seen("the last", ({ offset }) => offset === 13);
  assert.deepEqual(of("comment").map(({ offset }) => offset), [11, 12, 13]);
  assert.deepEqual(of("viewers").map(({ count }) => count), [7, 9]);
  assert.equal(of("status")[0].live, true);
  assert.equal(of("reactions")[0].totals.like, 5);
  assert.deepEqual(of("state").map(({ state }) => state), ["connecting", "open"]);
  assert.equal(viewer.position, 13);
  assert.equal(viewer.transport, "websocket");
  viewer.close();
  await server.ended;
});

test("resumes where it was, and sends what nobody answered again under its id", async () => {
  const { viewer, is, of, seen } = join();
  const first = await connected();
  await first.admit(10);
  await is("open");
  first.say(comment(11));
  await seen("a comment", ({ offset }) => offset === 11);
  const promise = viewer.comment("hello");
  const said = await first.next("comment");
  first.cut();

  const second = await connected();
  const asked = await second.admit(11);
  assert.equal(asked.since, 11);
  assert.equal(asked.region, "r");
  const again = await second.next("comment");
  assert.deepEqual(again, said);
  second.say(comment(12), { type: "accepted", id: said.id });
  assert.deepEqual(await within("answer", promise), { id: said.id });
  assert.deepEqual(of("comment").map(({ offset }) => offset), [11, 12]);
  assert.deepEqual(of("state").map(({ state }) => state), ["connecting", "open", "waiting", "connecting", "open"]);
  viewer.close();
});

test("a refused comment rejects, and one that may pass later is sent again", async () => {
  const { viewer, is } = join();
  const server = await connected();
  await server.admit(1);
  await is("open");
  const bad = viewer.comment("forbidden here");
  const { id } = await server.next("comment");
  server.say({ type: "error", code: "invalid", field: "text", detail: "text: has a forbidden word", id });
  await assert.rejects(bad, (e) => e instanceof OvationError && e.code === "invalid" && e.field === "text" && e.id === id);

  const busy = viewer.comment("hi", "my-id");
  assert.equal((await server.next("comment")).id, "my-id");
  server.say({ type: "error", code: "busy", detail: "later", id: "my-id", retry_after_ms: 20 });
  assert.equal((await server.next("comment")).id, "my-id");
  server.say({ type: "accepted", id: "my-id" });
  assert.deepEqual(await busy, { id: "my-id" });
  viewer.close();
});

test("close codes from 4500 on are final", async () => {
  const { viewer, is, seen } = join();
  const server = await connected();
  await server.admit(5);
  await is("open");
  const waiting = viewer.comment("hello");
  server.socket.close(4502, "watches another stream");
  const error = await seen("the error", ({ event }) => event === "error");
  assert.equal(error.code, "closed");
  assert.equal(error.close, 4502);
  assert.equal(error.detail, "watches another stream");
  assert.equal(viewer.state, "closed");
  await assert.rejects(waiting, { code: "closed", close: 4502 });
  const other = join({ user: "eve" });
  assert.equal((await (await connected()).next("watch")).user, "eve", "it does not come back");
  other.viewer.close();
});

test("the user's watch of another stream is final, without a close code too", async () => {
  const { viewer, seen } = join();
  const server = await connected();
  await server.admit(5);
  server.say({ type: "error", code: "elsewhere", detail: "bob watches s2 now" });
  const error = await seen("the error", ({ event }) => event === "error");
  assert.equal(error.code, "elsewhere");
  assert.equal(viewer.state, "closed");
  await server.ended;
});

test("a comment that comes with a second offset is shown once", async () => {
  const { viewer, of, seen } = join();
  const server = await connected();
  await server.admit(5);
  server.say(comment(11), { ...comment(12), id: "i11" }, { ...comment(13), id: "i11", user: "bob" }, comment(14));
  await seen("the last", ({ offset }) => offset === 14);
  assert.deepEqual(of("comment").map(({ offset }) => offset), [11, 13, 14]);
  assert.equal(viewer.position, 14);
  viewer.close();
});

test("gaps are told and move its position", async () => {
  const { viewer, is, of, seen } = join();
  const first = await connected();
  await first.admit(5);
  await is("open");
  first.say({ type: "gap", from: 6, to: 9 }, comment(8), comment(10));
  await seen("the comment", ({ offset }) => offset === 10);
  assert.deepEqual(of("gap").map(({ from, to }) => [from, to]), [[6, 9]]);
  assert.deepEqual(of("comment").map(({ offset }) => offset), [10]);
  first.cut();
  // A server that goes on further up says so itself; one that does not is found out.
  const second = await connected();
  await second.admit(20);
  await seen("the second gap", ({ from }) => from === 11);
  assert.equal(viewer.position, 20);
  viewer.close();
});

test("a watch that was not taken is asked for again, one that never will be ends it", async () => {
  const patient = join();
  const server = await connected();
  await server.next("watch");
  server.say({ type: "error", code: "unavailable", detail: "no owner", retry_after_ms: 20 });
  await server.admit(1);
  await patient.is("open");
  patient.viewer.close();

  const wrong = join({ stream: "forbidden" });
  const other = await connected();
  await other.next("watch");
  other.say({ type: "error", code: "invalid", field: "stream", detail: "stream: must be …" });
  const error = await wrong.seen("the error", ({ event }) => event === "error");
  assert.equal(error.field, "stream");
  assert.equal(wrong.viewer.state, "closed");
});

test("reactions gather for a moment, 50 at most", async () => {
  const { viewer, is } = join();
  viewer.react("like");
  const server = await connected();
  await server.admit(1);
  await is("open");
  assert.deepEqual(await server.next("reaction"), { type: "reaction", kind: "like", count: 1 });
  for (let i = 0; i < 70; i++) viewer.react("clap");
  viewer.react("like", 3);
  assert.deepEqual(await server.next("reaction"), { type: "reaction", kind: "clap", count: 50 });
  assert.deepEqual(await server.next("reaction"), { type: "reaction", kind: "like", count: 3 });
  viewer.close();
});

test("each connection has a token of its own", async () => {
  let made = 0;
  const { viewer, is } = join({ token: async () => `t${++made}` });
  const first = await connected();
  assert.equal((await first.admit(1)).token, "t1");
  await is("open");
  first.cut();
  const second = await connected();
  assert.equal((await second.admit(1)).token, "t2");
  viewer.close();
});

test("it goes on from a position of the caller's", async () => {
  const { viewer } = join({ since: 3, region: "r" });
  const server = await connected();
  const asked = await server.admit(3);
  assert.equal(asked.since, 3);
  assert.equal(asked.region, "r");
  viewer.close();
});
