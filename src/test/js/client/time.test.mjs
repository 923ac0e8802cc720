// Clocks that jump, servers that drop or lie, links that are half dead, pages that sleep: no storm, no silence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

const MINUTE = 60000;
const HOUR = 3600000;

for (const [name, jump] of [["an hour back", -HOUR], ["a day ahead", 24 * HOUR], ["to 1970", -Date.UTC(2026, 0, 1)]]) {
  test(`a wall clock that jumps ${name} changes nothing`, async () => {
    const world = new World();
    world.offset = world.wall * 1000;
    const viewer = await world.open();
    world.wall += jump;
    const pings = () => world.heardOf("ping").length;
    await world.pass(MINUTE);
    assert.ok(pings() >= 8, "it goes on with its pings");
    world.socket.say({ type: "reconnect", after_ms: 500, reason: "ttl" });
    await world.pass(0);
    assert.ok(viewer.of("state").at(-1).after_ms <= 1500);
    await world.pass(1500);
    assert.equal(viewer.state, "open");
    const { offset } = world;
    world.socket.say(world.comment(offset + 1), world.comment(offset + 2));
    assert.deepEqual(viewer.of("comment").map(({ offset }) => offset), [offset + 1, offset + 2]);
    assert.equal(viewer.position, offset + 2);
  });
}

for (const [name, script] of [
  ["drops each viewer after `watching`", (socket) => socket.cut()],
  ["asks each to come back after 0 ms", (socket) => socket.say({ type: "reconnect", after_ms: 0, reason: "drain" })],
  ["asks for less than nothing", (socket) => socket.say({ type: "reconnect", after_ms: -1e9, reason: "shed" })],
  ["closes with 1001", (socket) => socket.closed(1001, "this node stops")],
]) {
  test(`a server that ${name} gets few connections`, async () => {
    const world = new World();
    const { watch } = world.answers;
    world.answers.watch = (message, socket) => {
      watch(message, socket);
      world.globals.setTimeout(script, 5, socket);
    };
    world.watch();
    await world.pass(5 * MINUTE);
    assert.ok(world.sockets.length >= 5 && world.sockets.length < 40, `${world.sockets.length} in 5 minutes`);
  });
}

test("a busy server that refuses the watch, whatever time it names, is asked seldom", async () => {
  for (const retry_after_ms of [-1, 0, 1, NaN, null, "soon", 1e300]) {
    const world = new World();
    world.answers.watch = (_, socket) => socket.say({ type: "error", code: "busy", retry_after_ms });
    world.watch();
    await world.pass(2 * MINUTE);
    const asked = world.heardOf("watch").length;
    assert.ok(asked >= 2 && asked < 30, `${asked} watches with ${retry_after_ms}`);
  }
});

test("the backoff ends only after a stable while", async () => {
  const world = new World({ random: () => 0.999 });
  const viewer = await world.open();
  const lose = async () => {
    world.socket.cut();
    await world.pass(0);
    const { after_ms } = viewer.of("state").at(-1);
    await world.pass(after_ms);
    return after_ms;
  };
  const waits = [await lose(), await lose(), await lose(), await lose()];
  assert.ok(waits[3] > 4 * waits[0], `${waits}`);
  await world.pass(MINUTE);
  assert.ok((await lose()) <= 1000);
});

for (const ms of [2 ** 31, 1e300, -1, 0, NaN, "25000", null]) {
  test(`heartbeat_ms of ${ms} makes neither a storm of pings nor silence`, async () => {
    const world = new World();
    world.answers.watch = (message, socket) => socket.say({ ...world.watching(message), heartbeat_ms: ms });
    await world.open();
    await world.pass(MINUTE);
    const pings = world.heardOf("ping").length;
    assert.ok(pings >= 8 && pings <= 130, `${pings}`);
  });
}

test("offsets far in the future blind nobody: gap, comment, deletion", async () => {
  for (const lie of [
    { type: "gap", from: 11, to: 2 ** 53 - 1 },
    { type: "gap", from: 11, to: 1e300 },
    { type: "comment", stream: "s", id: "x", user: "x", text: "x", offset: 9e15 },
    { type: "deleted", stream: "s", id: "x", user: "x", offset: 2 ** 60 },
    { type: "gap", from: 20, to: 11 },
    { type: "gap" },
  ]) {
    const world = new World();
    const viewer = await world.open();
    world.socket.say(lie, world.comment(11));
    assert.equal(viewer.of("comment").at(-1)?.offset, 11, JSON.stringify(lie));
    assert.equal(viewer.position, 11);
  }
});

test("a clock that stands in 1970 keeps no position back, also on a stream that was silent for long", async () => {
  const world = new World();
  const offset = world.wall * 1000;
  world.wall = 0;
  const viewer = await world.open();
  assert.ok(viewer.position < offset - 864e8);
  world.socket.say(world.comment(offset));
  assert.equal(viewer.position, offset);
});

test("hostile lines do no harm", async () => {
  const world = new World();
  const viewer = await world.open();
  for (const line of [
    "null", "[]", "42", '"text"', "", "{", "\u0000", '{"type":"state","state":"closed"}', '{"type":"__proto__"}',
    '{"type":"constructor"}', '{"type":null}', '{"type":{}}', '{"type":"comment"}', '{"type":"viewers","count":"many"}',
    '{"type":"viewers","count":-1}', '{"type":"reactions","counts":null,"totals":7}', '{"type":"error"}',
    '{"type":"error","code":{"a":1},"detail":[],"__proto__":{"x":1}}', '{"type":"accepted"}', '{"type":"accepted","id":{}}',
    '{"type":"status"}', '{"type":"settings"}', '{"__proto__":{"polluted":true},"type":"viewers","count":3}',
    `{"type":"comment","text":"${"x".repeat(100000)}"}`, "[".repeat(5000),
  ]) {
    world.socket.line(line);
  }
  /* What cannot be a text or a number; what shares a frame with it arrives. */
  const none = '{"toString":1,"valueOf":1}';
  let offset = 10;
  for (const type of ["comment", "event", "deleted", "purged", "gap", "error", "accepted", "reactions", "viewers", "retained", "held"]) {
    for (const field of ["offset", "id", "user", "name", "to", "count", "code", "names", "counts"]) {
      const next = JSON.stringify(world.comment(++offset));
      world.socket.line(`{"type":"${type}","${field}":${none}}\n{"type":"${type}","id":"i${offset}","${field}":${none}}\n${next}`);
      assert.equal(viewer.of("comment").at(-1).offset, offset, `${type}: ${field}`);
    }
  }
  for (const data of [new ArrayBuffer(8), new Uint8Array(8), null, undefined, 7]) world.socket.onmessage({ data });
  world.socket.say(world.comment(++offset));
  await world.pass(0);
  assert.equal(viewer.state, "open");
  assert.equal({}.polluted, undefined);
  assert.equal(viewer.of("__proto__").length + viewer.of("constructor").length, 0);
  assert.deepEqual(viewer.of("state").map(({ state }) => state), ["connecting", "open"]);
  assert.equal(viewer.of("comment").at(-1).offset, offset);
});

for (const [name, script] of [
  ["both ways are dead", (world) => (world.socket.line = () => {})],
  ["nothing gets out, though comments still come", (world) => {
    const { socket } = world;
    const more = () => {
      socket.say(world.comment(++world.offset));
      world.globals.setTimeout(more, 300);
    };
    more();
  }],
]) {
  test(`a dead link is found within 10 s when ${name}`, async () => {
    const world = new World();
    const viewer = await world.open();
    await world.pass(3 * MINUTE + 1234);
    world.socket.alive = false;
    script(world);
    await world.pass(10000);
    assert.equal(viewer.of("state").find(({ state }) => state === "waiting").reason, "no answer to a ping");
  });
}

test("a page that was frozen for an hour reads what waited before it judges the link", async () => {
  const world = new World();
  const viewer = await world.open();
  const { ping } = world.answers;
  world.answers.ping = (message, socket) => world.globals.setTimeout(ping, 4490, message, socket);
  await world.pass(5001);
  world.freeze(HOUR);
  await world.pass(20000);
  assert.deepEqual(viewer.of("state").map(({ state }) => state), ["connecting", "open"]);
});

test("the browser's offline counts at once, and online brings it back", async () => {
  const world = new World({ page: {} });
  const viewer = await world.open();
  world.door = () => "refused";
  world.globals.fire("offline");
  assert.equal(viewer.state, "waiting");
  assert.match(viewer.reason, /offline/);
  await world.pass(10 * MINUTE);
  world.door = () => "open";
  world.globals.fire("online");
  await world.pass(2000);
  assert.equal(viewer.state, "open");
});

test("a hidden page goes idle when asked to leave, and wakes for a comment, a reaction, or when it is seen", async () => {
  for (const wakes of [
    (viewer) => viewer.comment("hi"), (viewer) => viewer.react("like"), (viewer) => viewer.connect(),
    (_, document) => {
      document.hidden = false;
      document.fire("visibilitychange");
    },
  ]) {
    const world = new World({ page: {} });
    const viewer = await world.open();
    world.globals.document.hidden = true;
    world.socket.say({ type: "reconnect", after_ms: 0, reason: "ttl" });
    await world.pass(10 * MINUTE);
    assert.equal(viewer.state, "idle");
    const before = world.sockets.length;
    wakes(viewer, world.globals.document);
    await world.pass(2000);
    assert.equal(viewer.state, "open");
    assert.equal(world.sockets.length, before + 1);
    assert.equal(viewer.pending, 0);
  }
});

for (const after_ms of [0, 400, 5000, 20 * MINUTE]) {
  test(`a viewer that is asked to come back in ${after_ms} ms leaves at once, and is not back before its time, but soon after`, async () => {
    const world = new World();
    const viewer = await world.open();
    world.socket.say(world.comment(11), { type: "reconnect", after_ms, reason: "drain" });
    const ms = Math.min(after_ms, 10 * MINUTE);
    const [{ readyState }] = world.sockets;
    assert.equal(readyState, 3);
    const waits = viewer.of("state").at(-1);
    assert.equal(waits.state, "waiting");
    assert.ok(waits.after_ms >= ms && waits.after_ms <= Math.max(ms, 1000), `${waits.after_ms}`);
    await world.pass(ms - 1);
    assert.equal(world.sockets.length, 1);
    await world.pass(1001);
    assert.equal(viewer.state, "open");
    assert.equal(world.heardOf("watch").at(-1).since, 11);
    assert.equal(world.sockets.length, 2);
  });
}

for (const [name, needed, after_ms, state, by] of [
  ["stays away until it is", (world) => world.time > 100000, 12000, "idle", 130000],
  ["comes back when it is, but not before its time", (world) => world.time > 10, 45000, "idle", 47000],
  ["and cannot say so comes back as if it were", () => { throw new Error("who knows"); }, 12000, "waiting", 14000],
]) {
  test(`a viewer that is asked to leave, is not needed, ${name}`, async () => {
    const world = new World();
    const viewer = await world.open({ needed: () => needed(world) });
    world.socket.say({ type: "reconnect", after_ms, reason: "ttl" });
    assert.equal(viewer.state, state);
    await world.pass(after_ms - 1);
    assert.equal(world.sockets.length, 1);
    await world.pass(by - after_ms + 1);
    assert.equal(viewer.state, "open");
    assert.equal(world.sockets.length, 2);
  });
}

test("a page with a picture in a window of its own stays", async () => {
  const world = new World({ page: {} });
  const viewer = await world.open();
  Object.assign(world.globals.document, { hidden: true, pictureInPictureElement: {} });
  world.socket.say({ type: "reconnect", after_ms: 0, reason: "ttl" });
  await world.pass(3000);
  assert.equal(viewer.state, "open");
});

test("a page that is kept for the way back closes its connection, and goes on when it is back", async () => {
  const world = new World({ page: {} });
  const viewer = await world.open();
  world.socket.say(world.comment(11));
  const { socket } = world;
  world.globals.fire("pagehide", { persisted: true });
  assert.equal(socket.readyState, 3);
  assert.equal(viewer.state, "idle");
  world.freeze(HOUR);
  world.globals.fire("pageshow", { persisted: true });
  await world.pass(2000);
  assert.equal(viewer.state, "open");
  assert.equal(world.heardOf("watch").at(-1).since, 11);
  assert.ok(!world.globals.listeners.has("unload") && !world.globals.listeners.has("beforeunload"));
});

test("visibility that flickers makes no storm", async () => {
  const world = new World({ page: {} });
  world.door = () => "refused";
  world.watch();
  for (let i = 0; i < 600; i++) {
    world.globals.document.fire("visibilitychange");
    world.globals.fire("online");
    await world.pass(100);
  }
  assert.ok(world.sockets.length <= 70, `${world.sockets.length}`);
});

test("a duplicate is dropped by its id for 10 minutes, also after 20,000 others, and is new after that", async () => {
  const world = new World();
  const viewer = await world.open();
  const twice = (offset, more) => world.socket.say(world.comment(offset, { id: "twice", ...more }));
  const shown = () => viewer.of("comment").filter(({ id }) => id === "twice").length;
  const start = 1e15;
  world.wall = 1e12;
  twice(start);
  for (let i = 1; i <= 20000; i++) world.socket.say(world.comment(start + i));
  await world.pass(9 * MINUTE);
  twice(start + 9 * MINUTE * 1000);
  assert.equal(shown(), 1);
  twice(start + 9 * MINUTE * 1000 + 1, { user: "bob" });
  assert.equal(shown(), 2, "another user's is another");
  await world.pass(11 * MINUTE);
  twice(start + 21 * MINUTE * 1000);
  assert.equal(shown(), 3);
  // A stream that is ahead of its server's clock counts slowly.
  await world.pass(11 * MINUTE);
  twice(start + 21 * MINUTE * 1000 + 1);
  assert.equal(shown(), 4);
});

test("after close nothing is emitted, nothing sent, nothing waits", async () => {
  for (const when of ["before it connects", "while it connects", "open", "waiting", "in a handler"]) {
    const world = new World({ page: {} });
    if (when === "while it connects") world.door = () => "silent";
    const viewer = world.watch();
    if (when === "in a handler") viewer.on("watching", () => viewer.close());
    else if (when !== "before it connects") await world.pass(0);
    if (when === "waiting") world.socket.cut();
    if (when !== "in a handler") viewer.close();
    else await world.pass(0);
    const before = viewer.events.length;
    world.socket?.say?.(world.comment(11));
    world.globals.fire("online");
    world.globals.document.fire("visibilitychange");
    await world.pass(HOUR);
    assert.equal(viewer.events.length, before, when);
    assert.equal(viewer.state, "closed");
    assert.equal(world.timers.size, 0, when);
    assert.ok(world.sockets.every(({ readyState }) => readyState === 3));
  }
});
