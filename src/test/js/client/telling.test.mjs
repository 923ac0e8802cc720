// What the client tells, and what can be asked of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.mjs";

for (const [url, page] of [
  ["live.example.org"], ["localhost:8080"], ["ftp://live.example.org"], ["//"], ["file:///tmp"], [7], ["https://"], [""], [undefined],
  ["live.example.org", {}],
]) {
  test(`an address that is ${JSON.stringify(url)}${page ? " on a page" : ""} is told at once, not tried`, async () => {
    const world = new World({ page });
    if (page) world.globals.document.currentScript = null;
    const viewer = world.watch({ url });
    await world.pass(0);
    const [error] = viewer.of("error");
    assert.equal(error.code, "invalid");
    assert.equal(error.field, "url");
    assert.equal(viewer.state, "closed");
    assert.equal(world.sockets.length, 0);
    assert.equal(viewer.of("error").length, 1);
  });
}

test("addresses are taken with a path, a slash, ws, and from the page", async () => {
  for (const [url, expected, page] of [
    ["https://a.example/live/", "wss://a.example/live/live/websocket"],
    ["ws://127.0.0.1:8080", "ws://127.0.0.1:8080/live/websocket"],
    ["/ovation", "wss://page.example/ovation/live/websocket", {}],
    [undefined, "wss://page.example/live/websocket", {}],
    ["http://localhost:8080", "ws://localhost:8080/live/websocket", {}],
  ]) {
    const world = new World({ page });
    world.watch({ url });
    await world.pass(0);
    assert.equal(world.socket?.url, expected);
  }
});

test("mixed content, a policy, and a platform without WebSocket are told with a reason", async () => {
  const mixed = new World({ page: {} });
  const viewer = mixed.watch({ url: "http://live.example" });
  await mixed.pass(0);
  assert.equal(viewer.of("error")[0].code, "blocked");

  const policy = new World({ page: {} });
  policy.door = () => "refused";
  const forbidden = policy.watch();
  await policy.pass(0);
  const event = { blockedURI: "wss://live.example/live/websocket", effectiveDirective: "connect-src" };
  for (let i = 0; i < 3; i++) policy.globals.document.fire("securitypolicyviolation", event);
  policy.globals.document.fire("securitypolicyviolation", { blockedURI: "https://other.example", effectiveDirective: "img-src" });
  assert.equal(forbidden.of("error").length, 1);
  assert.match(forbidden.of("error")[0].detail, /connect-src/);

  const bare = new World({ given: { WebSocket: undefined } });
  bare.globals.WebSocket = undefined;
  const none = bare.watch();
  await bare.pass(0);
  assert.equal(none.of("error")[0].code, "unsupported");
  assert.match(none.of("error")[0].detail, /WebSocket/);
});

test("a WebSocket that throws is told once, and tried again seldom", async () => {
  class Throws {
    constructor() {
      throw new Error("SecurityError");
    }
  }
  const world = new World();
  const viewer = world.watch({ WebSocket: Throws });
  await world.pass(60000);
  assert.equal(viewer.of("error").length, 1);
  assert.match(viewer.of("error")[0].detail, /SecurityError/);
});

test("the fallback's script takes the page's nonce, CORS and Trusted Types, and its failure is told", async () => {
  const tags = [];
  const document = {
    createElement: () => ({}), head: { append: (tag) => tags.push(tag) }, querySelector: () => ({ nonce: "n0nce" }),
  };
  const trustedTypes = { createPolicy: (name, rules) => ({ createScriptURL: (url) => ({ trusted: name, url: rules.createScriptURL(url) }) }) };
  const world = new World({ page: document, given: { trustedTypes } });
  const viewer = world.watch({ transports: ["sockjs"] });
  await world.pass(0);
  assert.equal(tags[0].nonce, "n0nce");
  assert.equal(tags[0].crossOrigin, "anonymous");
  assert.equal(tags[0].src.trusted, "ovation");
  assert.equal(tags[0].src.url, "https://live.example/webjars/sockjs.min.js");
  tags[0].onerror();
  await world.pass(0);
  assert.match(viewer.of("error")[0].detail, /Content-Security-Policy/);

  const strict = new World({ page: document, given: { trustedTypes: { createPolicy: () => { throw new TypeError("not allowed"); } } } });
  const refused = strict.watch({ transports: ["sockjs"] });
  await strict.pass(0);
  assert.match(refused.of("error")[0].detail, /not allowed/);
});

test("state says why: close code, reason, attempt, time", async () => {
  const world = new World();
  const viewer = await world.open();
  world.socket.closed(4001, "the connection took no data; reconnect");
  const { after_ms, code, reason, attempt, url } = viewer.of("state").at(-1);
  assert.deepEqual([code, reason, attempt, url], [4001, "the connection took no data; reconnect", 1, "https://live.example"]);
  assert.ok(after_ms <= 1000);
  assert.equal(viewer.reason, reason);
  world.door = () => "refused";
  await world.pass(20000);
  assert.ok(viewer.of("state").at(-1).attempt > 2);
  const gone = await new World().open();
  assert.equal(gone.of("state").at(-1).reason, "");
});

test("disconnect and connect on the same viewer: it goes on where it was", async () => {
  const world = new World();
  const viewer = await world.open();
  world.socket.say(world.comment(11));
  viewer.disconnect();
  assert.equal(viewer.state, "disconnected");
  const waits = viewer.comment("later");
  await world.pass(30000);
  assert.equal(world.sockets.length, 1);
  viewer.connect();
  assert.ok((await world.ends(waits)).id);
  assert.equal(world.heardOf("watch").at(-1).since, 11);
});

test("after the end for good, connect begins again where it was; after close it does not", async () => {
  const world = new World();
  const viewer = await world.open();
  world.socket.say(world.comment(11));
  world.socket.closed(4502, "the user watches another stream on another connection");
  assert.equal(viewer.state, "closed");
  await world.pass(60000);
  assert.equal(world.sockets.length, 1);
  viewer.connect();
  await world.pass(10);
  assert.equal(viewer.state, "open");
  assert.equal(world.heardOf("watch").at(-1).since, 11);
  viewer.close();
  viewer.connect();
  await world.pass(60000);
  assert.equal(world.sockets.length, 2);
});

test("move takes the same connection to another stream, and nothing of the last one follows", async () => {
  const world = new World();
  const viewer = await world.open();
  world.socket.say(world.comment(11), { type: "viewers", stream: "s", count: 9 });
  const ready = viewer.move("s2", { last: 5 });
  world.socket.say(world.comment(12));
  assert.equal((await world.ends(ready)).stream, "s2");
  assert.equal(world.sockets.length, 1);
  assert.equal(viewer.stream, "s2");
  const { stream, since, last } = world.heardOf("watch").at(-1);
  assert.deepEqual([stream, since, last], ["s2", undefined, 5]);
  world.socket.say(world.comment(13), world.comment(11, { stream: "s2" }));
  assert.deepEqual(viewer.of("comment").map(({ stream, offset }) => [stream, offset]), [["s", 11], ["s2", 11]]);
});

test("with `last` the comments before come first, the live ones after them, each once, and the position follows", async () => {
  const world = new World();
  const viewer = await world.open({ last: 3 });
  assert.equal(world.heardOf("watch")[0].last, 3);
  world.socket.say(world.comment(7), world.comment(9), world.comment(10), world.comment(9), world.comment(12));
  assert.deepEqual(viewer.of("comment").map(({ offset }) => offset), [7, 9, 10, 12]);
  assert.equal(viewer.position, 12);
  world.socket.cut();
  await world.pass(2000);
  assert.deepEqual([world.heardOf("watch")[1].since, world.heardOf("watch")[1].last], [12, undefined]);
});

test("events, also retained ones of before; what was deleted, purged, held; settings", async () => {
  const world = new World();
  const viewer = await world.open();
  const score = { type: "event", stream: "s", id: "e1", name: "score", data: { home: 1 }, at: "2026-01-01T00:00:00.000Z", offset: 3 };
  world.socket.say(
    score, score, { ...score, id: "e2", offset: 11 },
    { type: "deleted", stream: "s", id: "i7", user: "alice", offset: 12 }, { type: "deleted", stream: "s", id: "i7", user: "alice", offset: 12 },
    { type: "purged", stream: "s", user: "alice", offset: 13 }, { type: "held", stream: "s", id: "h", user: "eve", text: "x", why: "word" },
    { type: "reported", stream: "s", id: "i8" }, { type: "settings", stream: "s", slow_mode_ms: 5000, read_only: true, max_text: 200 },
    { type: "status", stream: "s", live: true }, { type: "reactions", stream: "s", counts: {}, totals: { like: 4 } }, { type: "pong" },
  );
  assert.deepEqual(viewer.of("event").map(({ id }) => id), ["e1", "e2"]);
  for (const type of ["deleted", "purged", "held", "reported", "settings", "status", "reactions", "pong"]) {
    assert.equal(viewer.of(type).length, 1, type);
  }
  assert.equal(viewer.position, 13);
  assert.equal(viewer.settings.read_only, true);
  assert.equal(viewer.live, true);
  assert.equal(viewer.viewers, 7);
  assert.equal(viewer.totals.like, 4);
  assert.equal(viewer.region, "r");
});

test("a retained event that ended while the viewer was away is told when it comes back, and nothing else is", async () => {
  const world = new World();
  const viewer = await world.open();
  const event = (name, offset, more) => ({ type: "event", stream: "s", id: `e${offset}`, name, data: offset, ends: "2026-01-02T00:00:00.000Z", offset, ...more });
  world.socket.say(
    event("poll", 11), event("score", 12), event("goal", 13, { ends: undefined }), event("pinned", 14), event("pinned", 15, { data: null, ends: undefined }),
    event("ad", 3, { retained: true }), event("score", 16),
  );
  const back = async (names, ...more) => {
    viewer.events.length = 0;
    world.socket.cut();
    await world.pass(31000);
    world.socket.say(...more, { type: "retained", stream: "s", names });
    return viewer.of("event").map(({ name, data }) => [name, data]);
  };
  assert.deepEqual(await back(["score", "ad", "poll"]), []);
  assert.deepEqual(await back(["score", "ad"], event("score", 16, { retained: true })), [["poll", null]]);
  assert.deepEqual(await back(["score"]), [["ad", null]]);
  assert.deepEqual(await back([], event("short", 21)), [["short", 21], ["score", null], ["short", null]]);
  assert.deepEqual(await back([]), []);
  for (const names of [undefined, null, "score", 7]) assert.deepEqual(await back(names, event("late", 30)), names === undefined ? [["late", 30]] : []);
  assert.equal(viewer.position, 30);
  viewer.move("other");
  await world.pass(0);
  viewer.events.length = 0;
  world.socket.say({ type: "retained", stream: "other", names: [] });
  assert.deepEqual(viewer.events, []);
});

test("a position that is refused leaves no retained event behind that has ended, and what is left is shown again", async () => {
  const world = new World();
  const viewer = await world.open();
  const event = (name, more) => ({ type: "event", stream: "s", id: name, name, data: 1, ends: "2026-01-02T00:00:00.000Z", offset: 5, ...more });
  world.socket.say(event("poll", { offset: 11 }), event("score", { retained: true }));
  viewer.events.length = 0;
  world.answers.watch = ({ since }, socket) => {
    if (since !== undefined) socket.say({ type: "error", code: "invalid", field: "since", detail: "since: it is gone" });
    else socket.say(world.watching({}), event("score", { retained: true }));
  };
  world.socket.cut();
  await world.pass(5000);
  assert.deepEqual(viewer.of("event").map(({ name, data }) => [name, data]), [["poll", null], ["score", null], ["score", 1]]);
  assert.equal(viewer.state, "open");
  assert.deepEqual(viewer.of("error"), []);
});

test("a retained event does not move the position, so that what comes behind it is shown", async () => {
  const world = new World();
  const viewer = await world.open();
  world.socket.say({ type: "event", stream: "s", id: "e", name: "score", data: 1, retained: true, offset: 15 });
  assert.equal(viewer.position, 10);
  world.socket.say(world.comment(12), world.comment(14));
  assert.equal(viewer.of("comment").length, 2);
});

test("once, off, a handler that throws, a handler that removes another", async () => {
  const world = new World();
  const viewer = await world.open();
  const seen = [];
  const note = (name) => () => seen.push(name);
  const gone = note("removed");
  viewer.once("comment", note("once"));
  viewer.on("comment", () => viewer.off("comment", gone));
  viewer.on("comment", gone);
  viewer.on("comment", () => {
    throw new Error("a handler's own fault");
  });
  viewer.on("comment", note("on"));
  world.socket.say(world.comment(11), world.comment(12));
  assert.deepEqual(seen, ["once", "on", "on"]);
  viewer.off("comment");
  world.socket.say(world.comment(13));
  assert.equal(seen.length, 3);
  await assert.rejects(world.pass(0), /own fault/, "the platform is told");
});

test("reactions that cannot be are told, counts are held to bounds", async () => {
  const world = new World();
  const viewer = await world.open();
  for (const kind of [null, 7, "", "k".repeat(65), {}]) viewer.react(kind);
  assert.equal(viewer.of("error").length, 5);
  for (const count of [-5, 0, NaN, 1e9, "3", null, 2.7]) viewer.react(`k${String(count).replace(/\W/g, "")}`, count);
  await world.pass(300);
  assert.ok(world.heardOf("reaction").every(({ count }) => Number.isInteger(count) && count >= 1 && count <= 50));
  assert.equal(viewer.state, "open");
});

test("debug gets what is sent, what comes, and each state", async () => {
  const lines = [];
  const world = new World();
  await world.open({ debug: (...words) => lines.push(words.join(" ")) });
  assert.ok(lines.some((line) => line.includes('> {"type":"watch"')));
  assert.ok(lines.some((line) => line.includes('< {"type":"watching"')));
  assert.ok(lines.some((line) => line.includes("ovation open")));
});

test("delays are the caller's to set", async () => {
  const world = new World({ random: () => 0.999 });
  world.door = () => "silent";
  const viewer = world.watch({ retry: { first: 10, most: 20 }, openTimeout: 100 });
  await world.pass(10000);
  assert.ok(world.sockets.length > 70, `${world.sockets.length}`);
  viewer.close();
});
