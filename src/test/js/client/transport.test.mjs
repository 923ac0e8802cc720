// Which transport, which address, and when another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSocket, World } from "./world.mjs";

const MINUTE = 60000;

const answers = (status, headers) => async () => ({ ok: status === 200, status, headers: new Headers(headers) });
/* As a node that refuses new viewers says it. */
const busy = answers(503, { "retry-after": "7" });

/** A page on which SockJS can be had; `info` is what the server says to whoever asks whether it admits viewers. */
function pageWith({ webSocket, sockJs = "open", info = answers(200) }) {
  const doors = { webSocket, sockJs, asked: 0 };
  const given = {
    fetch: (url) => {
      doors.asked++;
      assert.match(url, /\/live\/info\?admission$/);
      return doors.info();
    },
  };
  doors.info = info;
  const world = new World({ page: {}, given });
  world.door = ({ url }) => (url.startsWith("wss:") ? doors.webSocket : doors.sockJs);
  world.globals.SockJS = class extends FakeSocket {
    constructor(url) {
      super(world, url);
    }
  };
  return { world, doors };
}

test("after a plain outage a viewer stays on WebSocket, also a new one that comes in the middle of it", async () => {
  const { world, doors } = pageWith({ webSocket: "open" });
  const viewer = await world.open();
  Object.assign(doors, { webSocket: "refused", sockJs: "refused", info: async () => Promise.reject(new TypeError("unreachable")) });
  world.socket.cut();
  const late = world.watch();
  await world.pass(5 * MINUTE);
  Object.assign(doors, { webSocket: "refused", sockJs: "open", info: answers(200) });
  await world.pass(MINUTE);
  doors.webSocket = "open";
  await world.pass(MINUTE);
  for (const one of [viewer, late]) {
    assert.equal(one.state, "open");
    assert.equal(one.transport, "websocket");
    assert.ok(one.of("state").every(({ transport }) => transport === "websocket"));
  }
});

for (const [name, info] of [
  ["answers 503", answers(503)],
  ["answers 429", answers(429)],
  ["is away", async () => Promise.reject(new TypeError("unreachable"))],
  ["hangs", () => new Promise(() => {})],
]) {
  test(`a first-time viewer at a server that ${name} waits for WebSocket`, async () => {
    const { world, doors } = pageWith({ webSocket: "refused", info });
    const viewer = world.watch();
    await world.pass(5 * MINUTE);
    assert.ok(world.sockets.every(({ url }) => url.startsWith("wss:")));
    doors.webSocket = "open";
    await world.pass(MINUTE);
    assert.equal(viewer.state, "open");
  });
}

test("a first-time viewer that a busy server refuses for minutes gets in by WebSocket", async () => {
  const { world, doors } = pageWith({ webSocket: "refused", info: busy });
  const viewer = world.watch();
  await world.pass(2 * MINUTE);
  doors.webSocket = "open";
  await world.pass(MINUTE);
  assert.equal(viewer.state, "open");
  assert.ok(world.sockets.length > 5 && world.sockets.every(({ url }) => url.startsWith("wss:")));
});

test("where WebSocket does not pass and the server is busy all the time, SockJS is tried in the end, and stays", async () => {
  const { world, doors } = pageWith({ webSocket: "refused", sockJs: "refused", info: busy });
  const viewer = world.watch();
  await world.pass(20 * MINUTE);
  const first = world.sockets.findIndex(({ url }) => !url.startsWith("wss:"));
  assert.ok(first >= 24, `${first}`);
  assert.ok(world.sockets.slice(first).every(({ url }) => !url.startsWith("wss:")));
  doors.sockJs = "open";
  await world.pass(MINUTE);
  assert.equal(viewer.transport, "sockjs");
  assert.equal(viewer.state, "open");
});

test("a node that refuses one upgrade in words of its own, or closes after it, is no reason for SockJS", async () => {
  const { world } = pageWith({ webSocket: "open" });
  world.answers.watch = (_, socket) => socket.closed(4001, "the connection took no data; reconnect");
  world.watch();
  await world.pass(5 * MINUTE);
  assert.ok(world.sockets.every(({ url }) => url.startsWith("wss:")));
});

for (const way of ["refused", "silent"]) {
  test(`where WebSockets are ${way} although the server answers, SockJS is used within 15 s`, async () => {
    const { world } = pageWith({ webSocket: way });
    const viewer = world.watch();
    await world.pass(15000);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.transport, "sockjs");
    assert.equal(world.heardOf("watch").length, 1);
  });
}

test("where WebSocket never passed, a viewer is back on SockJS after an outage at its first attempt", async () => {
  const { world, doors } = pageWith({ webSocket: "refused" });
  const viewer = world.watch();
  await world.pass(15000);
  assert.equal(viewer.transport, "sockjs");
  const before = world.sockets.length;
  Object.assign(doors, { sockJs: "refused", info: async () => Promise.reject(new TypeError("unreachable")) });
  world.socket.cut();
  await world.pass(2 * MINUTE);
  Object.assign(doors, { sockJs: "open", info: answers(200) });
  await world.pass(30000);
  assert.equal(viewer.state, "open");
  assert.ok(world.sockets.slice(before).every(({ url }) => !url.startsWith("wss:")));
});

test("where SockJS stops passing and WebSocket begins to, it changes", async () => {
  const { world, doors } = pageWith({ webSocket: "refused" });
  const viewer = world.watch();
  await world.pass(15000);
  Object.assign(doors, { webSocket: "open", sockJs: "refused" });
  world.socket.cut();
  await world.pass(MINUTE);
  assert.equal(viewer.state, "open");
  assert.equal(viewer.transport, "websocket");
});

test("with neither, it goes on trying both, seldom", async () => {
  const { world, doors } = pageWith({ webSocket: "refused", sockJs: "refused" });
  const viewer = world.watch();
  await world.pass(10 * MINUTE);
  assert.ok(world.sockets.length < 80);
  doors.sockJs = "open";
  await world.pass(3 * MINUTE);
  assert.equal(viewer.state, "open");
});

test("from SockJS it goes back to WebSocket by itself, once that carries an answer, and misses nothing", async () => {
  const { world, doors } = pageWith({ webSocket: "refused" });
  const viewer = world.watch();
  await world.pass(15000);
  world.socket.say(world.comment(11));
  await world.pass(5 * MINUTE);
  assert.equal(viewer.transport, "sockjs");
  const tried = world.sockets.filter(({ url }) => url.startsWith("wss:")).length;
  assert.ok(tried >= 4 && tried <= 8, `${tried}`);
  doors.webSocket = "open";
  await world.pass(10 * MINUTE);
  assert.equal(viewer.transport, "websocket");
  assert.equal(viewer.state, "open");
  assert.equal(world.heardOf("watch").at(-1).since, 11);
  assert.equal(viewer.of("gap").length, 0);
});

test("SockJS in a hidden tab answers the server's beat without any timer", async () => {
  const { world } = pageWith({ webSocket: "refused" });
  await world.open();
  await world.pass(15000);
  world.globals.document.hidden = true;
  const before = world.heardOf("ping").length;
  world.globals.SockJS.prototype.dispatch = null;
  world.socket.onheartbeat();
  assert.equal(world.heardOf("ping").length, before + 1);
});

test("only the transports that the caller allows are used", async () => {
  const { world } = pageWith({ webSocket: "refused" });
  const viewer = world.watch({ transports: ["websocket"] });
  const other = world.watch({ url: "https://other.example", transports: ["sockjs"] });
  await world.pass(MINUTE);
  assert.notEqual(viewer.state, "open");
  assert.equal(other.transport, "sockjs");
});

for (const [name, token] of [
  ["throws", () => { throw new Error("no session"); }],
  ["rejects", () => Promise.reject(new Error("no session"))],
  ["rejects with nothing", () => Promise.reject()],
  ["hangs", () => new Promise(() => {})],
]) {
  test(`a token function that ${name}: an error, another try, the same transport`, async () => {
    const { world } = pageWith({ webSocket: "open" });
    let fails = true;
    let calls = 0;
    const viewer = world.watch({ token: () => (calls++, fails ? token() : "jwt") });
    await world.pass(2 * MINUTE);
    assert.equal(viewer.of("error")[0].code, "token");
    assert.ok(calls >= 3 && calls < 30, `${calls}`);
    fails = false;
    await world.pass(MINUTE);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.transport, "websocket");
    assert.equal(world.heardOf("watch").at(-1).token, "jwt");
  });
}

test("a token that was refused is asked for again, a fixed one ends it, and one that ends is replaced in time", async () => {
  const world = new World();
  let made = 0;
  const { watch } = world.answers;
  world.answers.watch = (message, socket) =>
    message.token === "t1" || message.token === "fixed"
      ? socket.say({ type: "error", code: "unauthorized", field: "token", detail: "token: it has expired" })
      : watch(message, socket);
  const viewer = world.watch({ token: () => `t${++made}` });
  const fixed = world.watch({ token: "fixed" });
  await world.pass(5000);
  assert.equal(viewer.state, "open");
  assert.equal(viewer.of("error")[0].code, "unauthorized");
  assert.equal(fixed.state, "closed");
  viewer.of("watching");
  world.sockets.find(({ readyState }) => readyState === 1).say({ type: "reconnect", after_ms: 100, reason: "token" });
  await world.pass(5000);
  assert.equal(viewer.state, "open");
  assert.equal(world.heardOf("watch").at(-1).token, "t3");
});

test("a token that is never right is not asked for for ever", async () => {
  const world = new World();
  let made = 0;
  world.answers.watch = (_, socket) => socket.say({ type: "error", code: "unauthorized", detail: "no" });
  const viewer = world.watch({ token: () => `t${++made}` });
  await world.pass(10 * MINUTE);
  assert.equal(viewer.state, "closed");
  assert.ok(made <= 5);
});

/** Two regions: each address has a door of its own. */
function regions() {
  const world = new World();
  const doors = { near: "open", far: "open" };
  world.door = ({ url }) => doors[new URL(url).hostname];
  world.answers.watch = (message, socket) => {
    world.region = new URL(socket.url).hostname;
    world.offset = world.region === "near" ? 10 : 5000;
    socket.say(world.watching(message.region === world.region ? message : {}));
  };
  return { world, doors, urls: ["https://near", "https://far/"] };
}

test("of several addresses the first that answers is used", async () => {
  const { world, doors, urls } = regions();
  assert.equal((await world.open({ urls })).url, "https://near");
  doors.near = "refused";
  const viewer = world.watch({ urls });
  await world.pass(3000);
  assert.equal(viewer.url, "https://far");
  assert.equal(viewer.state, "open");
});

for (const [name, dies] of [
  ["refuses", (world, doors) => {
    doors.near = "refused";
    world.socket.cut();
  }],
  ["is silent", (world, doors) => {
    doors.near = "silent";
    world.socket.alive = false;
  }],
]) {
  test(`a region that ${name} is left after 10 s, and within 15 the viewer goes on in the other, with nothing twice`, async () => {
    const { world, doors, urls } = regions();
    const viewer = await world.open({ urls });
    world.socket.say(world.comment(11), world.comment(12));
    await world.pass(30000);
    dies(world, doors);
    await world.pass(9000);
    assert.notEqual(viewer.url, "https://far");
    await world.pass(6000);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.url, "https://far");
    const { since, region, at } = world.heardOf("watch").at(-1);
    assert.deepEqual([since, region, at], [12, "near", "2026-01-01T00:00:00.12Z"]);
    // The other region replays from a while before: under offsets of its own.
    world.socket.say(world.comment(4990, { id: "i11" }), world.comment(4991, { id: "i12" }), world.comment(4992, { id: "i13" }), world.comment(5001));
    assert.deepEqual(viewer.of("comment").map(({ id }) => id), ["i11", "i12", "i13", "i5001"]);
    assert.equal(viewer.position, 5001);
    assert.equal(viewer.of("gap").length, 0);
  });
}

test("a retained event, which is old, does not put back the time that another region is told", async () => {
  const { world, doors, urls } = regions();
  const viewer = await world.open({ urls });
  world.socket.say(world.comment(12), { type: "event", id: "e", name: "score", data: 1, at: "2025-01-01T00:00:00.000Z", retained: true, offset: 3 });
  assert.equal(viewer.of("event").length, 1);
  doors.near = "refused";
  world.socket.cut();
  await world.pass(15000);
  assert.equal(viewer.url, "https://far");
  assert.equal(world.heardOf("watch").at(-1).at, "2026-01-01T00:00:00.12Z");
});

test("a viewer that had to move looks for the first address when it reconnects anyway, and stays where it works", async () => {
  const { world, doors, urls } = regions();
  doors.near = "refused";
  const viewer = world.watch({ urls });
  await world.pass(5000);
  for (const [near, expected] of [["refused", "https://far"], ["open", "https://near"]]) {
    doors.near = near;
    world.sockets.find(({ readyState }) => readyState === 1).say({ type: "reconnect", after_ms: 100, reason: "ttl" });
    await world.pass(4000);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.url, expected);
  }
});

/** Regions by name, in order of preference; a door is open, refused or silent. */
function several(...names) {
  const { world } = regions();
  const doors = Object.fromEntries(names.map((name) => [name, "open"]));
  world.door = ({ url }) => doors[new URL(url).hostname];
  return { world, doors, urls: names.map((name) => `https://${name}`) };
}

for (const [name, away] of [["refuse", "refused"], ["are silent", "silent"]]) {
  test(`of three regions the third is used while the first two ${name}`, async () => {
    const { world, doors, urls } = several("a", "b", "c");
    Object.assign(doors, { a: away, b: away });
    const viewer = world.watch({ urls });
    await world.pass(45000);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.url, "https://c");
  });
}

test("while no region answers all are tried, and the first that is back is used", async () => {
  const { world, doors, urls } = several("a", "b");
  const viewer = await world.open({ urls });
  Object.assign(doors, { a: "refused", b: "refused" });
  world.socket.cut();
  await world.pass(60000);
  assert.notEqual(viewer.state, "open");
  doors.b = "open";
  await world.pass(60000);
  assert.equal(viewer.state, "open");
  assert.equal(viewer.url, "https://b");
});

test("a better region that is silent costs no viewer the one that works", async () => {
  const { world, doors, urls } = several("a", "b");
  doors.a = "refused";
  const viewer = world.watch({ urls });
  await world.pass(5000);
  doors.a = "silent";
  world.sockets.find(({ readyState }) => readyState === 1).say({ type: "reconnect", after_ms: 100, reason: "ttl" });
  await world.pass(20000);
  assert.equal(viewer.state, "open");
  assert.equal(viewer.url, "https://b");
});

test("a comment that waits for its answer is sent again in the other region, under its id", async () => {
  const { world, doors, urls } = several("a", "b");
  const viewer = await world.open({ urls });
  world.answers.comment = () => {};
  const sent = viewer.comment("hi", { id: "c1" });
  await world.pass(1000);
  world.answers.comment = (message, socket) => socket.say({ type: "accepted", id: message.id });
  doors.a = "refused";
  world.socket.cut();
  await world.pass(15000);
  assert.equal(viewer.url, "https://b");
  assert.equal((await sent).id, "c1");
});

for (const reason of ["ttl", "drain", "shed", "token"]) {
  test(`a region that asks to reconnect (${reason}) and answers again keeps its viewers`, async () => {
    const { world, urls } = regions();
    const viewer = await world.open({ urls });
    world.socket.say({ type: "reconnect", after_ms: 3000, reason });
    await world.pass(15000);
    assert.equal(viewer.state, "open");
    assert.ok(world.sockets.length > 1 && world.sockets.every(({ url }) => new URL(url).hostname === "near"));
  });
}

for (const [name, near] of [
  ["refuses", (world, doors) => {
    doors.near = "refused";
  }],
  ["answers that it is not available", (world) => {
    const { watch } = world.answers;
    world.answers.watch = (message, socket) =>
      new URL(socket.url).hostname === "near" ? socket.say({ type: "error", code: "unavailable", detail: "draining", retry_after_ms: 1000 }) : watch(message, socket);
  }],
]) {
  test(`a region that drains and then ${name} is left 10 s after its last message`, async () => {
    const { world, doors, urls } = regions();
    const viewer = await world.open({ urls });
    near(world, doors);
    world.socket.say({ type: "reconnect", after_ms: 2000, reason: "drain" });
    await world.pass(9500);
    assert.ok(world.sockets.length > 1 && world.sockets.every(({ url }) => new URL(url).hostname === "near"));
    await world.pass(5500);
    assert.equal(viewer.state, "open");
    assert.equal(viewer.url, "https://far");
  });
}
