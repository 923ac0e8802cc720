// Through a proxy that speaks HTTP/2 to browsers: more event streams than HTTP/1.1 allows, comments, and a WebSocket beside them.
// usage: node http2.mjs port
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { createInterface } from "node:readline";
import WebSocket from "ws";

const port = process.argv[2];
const LIMIT_MS = 15_000;
const VIEWERS = 8;
const stream = `http2-${Date.now()}`;
const trusting = { rejectUnauthorized: false };
setTimeout(() => {
  throw new Error("nothing came in time");
}, 4 * LIMIT_MS).unref();

const session = connect(`https://127.0.0.1:${port}`, trusting);
await new Promise((connected) => session.on("connect", connected));
assert.equal(session.alpnProtocol, "h2");

/** A request of the session; its status, and its lines. */
async function ask(headers, body) {
  const request = session.request(headers);
  request.end(body);
  const answer = await new Promise((done, failed) => request.on("response", done).on("error", failed));
  return { request, answer, status: answer[":status"], lines: createInterface({ input: request })[Symbol.asyncIterator]() };
}

async function watch(user, headers) {
  const { request, answer, status, lines } = await ask({ ":path": `/streams/${stream}/events?user=${user}`, accept: "text/event-stream", ...headers });
  assert.equal(status, 200);
  assert.equal(answer["content-type"], "text/event-stream");
  const next = async (type) => {
    for (;;) {
      const { value, done } = await lines.next();
      assert.ok(!done, `it ended before a ${type}`);
      const message = value.startsWith("data: ") ? JSON.parse(value.slice(6)) : {};
      if (message.type === type) return message;
    }
  };
  return { next, first: await next("watching"), close: () => request.close() };
}

async function post(body) {
  const headers = { ":method": "POST", ":path": `/streams/${stream}/comments`, "content-type": "application/json" };
  const { status, lines } = await ask(headers, JSON.stringify(body));
  const { value } = await lines.next();
  return { status, json: JSON.parse(value) };
}

const viewers = [];
for (let i = 0; i < VIEWERS; i++) viewers.push(await watch(`viewer-${i}`));
const socket = new WebSocket(`wss://127.0.0.1:${port}/live/websocket`, trusting);
await new Promise((opened, failed) => socket.on("open", opened).on("error", failed));
const texts = new Promise((done) => {
  socket.on("message", (data) => {
    for (const line of String(data).split("\n")) if (JSON.parse(line).type === "comment") done(JSON.parse(line).text);
  });
});
const watches = new Promise((done) => socket.once("message", done));
socket.send(JSON.stringify({ type: "watch", stream, user: "socket" }));
await watches;

const accepted = await post({ user: "alice", text: "hello", id: "one" });
assert.deepEqual([accepted.status, accepted.json.id], [202, "one"]);
const seen = await Promise.all(viewers.map(({ next }) => next("comment")));
assert.deepEqual(seen.map(({ text }) => text), Array(VIEWERS).fill("hello"));
assert.equal(await texts, "hello");
const refused = await post({ user: "alice", text: "" });
assert.deepEqual([refused.status, refused.json.field], [400, "text"]);

// One leaves, and comes back on the same connection where it was.
viewers[0].close();
await post({ user: "alice", text: "while away" });
const back = await watch("viewer-0", { "last-event-id": String(seen[0].offset) });
assert.equal((await back.next("comment")).text, "while away");
socket.terminate();
session.destroy();
process.exit(0);
