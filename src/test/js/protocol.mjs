// The viewer protocol, as the npm sockjs-client and a bare WebSocket speak it.
// usage: node protocol.mjs http://127.0.0.1:8080 [transport,transport…]
import assert from "node:assert/strict";
import { open } from "./connection.mjs";

const base = process.argv[2];
const ALL = "bare,websocket,xhr-streaming,xhr-polling,eventsource";
const TRANSPORTS = (process.argv[3] ?? ALL).split(",");

async function watch(connection, stream, user, since) {
  connection.send({ type: "watch", stream, user, ...(since === undefined ? {} : { since }) });
  const watching = await connection.next("watching");
  assert.equal(watching.stream, stream);
  assert.ok(Number.isSafeInteger(watching.offset), "watching.offset is an integer");
  assert.ok(Number.isInteger(watching.viewers), "watching.viewers is an integer");
  assert.equal(watching.region, "local");
  assert.ok(watching.heartbeat_ms > 0, "watching.heartbeat_ms is positive");
  return watching;
}

async function comment(from, to, stream, user, text) {
  from.send({ type: "comment", text });
  const accepted = await from.next("accepted");
  const seen = await to.take(`comment "${text}"`, (m) => m.type === "comment" && m.text === text);
  assert.equal(seen.id, accepted.id);
  assert.equal(seen.stream, stream);
  assert.equal(seen.user, user);
  assert.ok(!Number.isNaN(Date.parse(seen.at)), "at is a time");
  assert.ok(Number.isSafeInteger(seen.offset), "offset is an integer");
  return seen;
}

async function speaks(transport) {
  // Ids are remembered for ten minutes: a second run needs another stream.
  const stream = `protocol-${transport}-${Date.now()}`;
  const alice = await open(base, transport);
  const bob = await open(base, "bare");
  const start = await watch(alice, stream, "alice");
  await watch(bob, stream, "bob");

  const first = await comment(alice, bob, stream, "alice", 'one "quoted" line\nand ünïcödé 🎉');
  assert.ok(first.offset > start.offset, "offsets are above watching.offset");
  assert.equal((await alice.next("comment")).id, first.id, "the sender sees it too");
  const second = await comment(bob, alice, stream, "bob", "two");
  assert.ok(second.offset > first.offset, "offsets rise");

  alice.send({ type: "comment", text: "mine", id: "my-own" });
  assert.equal((await alice.next("accepted")).id, "my-own");
  assert.equal((await alice.next("comment")).id, "my-own");

  alice.send({ type: "ping" });
  await alice.next("pong");

  await refused(alice, "this is not JSON");
  await refused(alice, { type: "no-such-type" });
  await refused(alice, { type: "comment", text: 7, id: "seven" });
  await comment(alice, bob, stream, "alice", "still here");

  await returns(transport, alice, bob, stream, first);
  bob.close();
}

async function refused(connection, message) {
  connection.send(message);
  const error = await connection.next("error");
  assert.equal(typeof error.code, "string");
  assert.ok(error.detail.length > 0, "an error says why");
  if (message.id) assert.equal(error.id, message.id);
}

/** Alice leaves, misses something, and comes back with `since`. */
async function returns(transport, alice, bob, stream, first) {
  alice.close();
  bob.send({ type: "comment", text: "while away" });
  await bob.next("accepted");
  const again = await open(base, transport);
  const watching = await watch(again, stream, "alice", first.offset);
  assert.equal(watching.offset, first.offset);
  const texts = [];
  while (texts.at(-1) !== "while away") texts.push((await again.next("comment")).text);
  assert.deepEqual(texts, ["two", "mine", "still here", "while away"]);
  await comment(bob, again, stream, "bob", "live again");
  again.close();
}

for (const transport of TRANSPORTS) {
  await speaks(transport);
  console.log(`${transport}: ok`);
}
// Polling transports leave timers of their own.
process.exit(0);
