// Whatever an application gives, in whatever order it calls: told by an error, never thrown, and no storm.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, outcome } from "./world.mjs";

const RING = {};
RING.ring = RING;
const answers = (body = {}) => async () => ({ ok: true, status: 200, headers: new Map(), json: async () => body });

/** A viewer that watches, on a server whose HTTP API answers everything; `calls` has the addresses. */
async function stage(options) {
  const calls = [];
  const world = new World({ given: { fetch: (url) => (calls.push(url), answers()()) } });
  return { world, calls, viewer: await world.open(options) };
}

for (const [name, call, field] of [
  ["comment of a Symbol", (v) => v.comment(Symbol("x")), "text"],
  ["comment of a String object", (v) => v.comment(new String("x")), "text"],
  ["comment with a function as its id", (v) => v.comment("a", () => {}), "id"],
  ["comment with a date as its meta", (v) => v.comment("a", { meta: new Date(0) }), "meta"],
  ["comment with a BigInt in its meta", (v) => v.comment("a", { meta: { a: 1n } }), "meta"],
  ["comment with meta that refuses to be JSON", (v) => v.comment("a", { meta: { toJSON() { throw new Error("no"); } } }), "meta"],
  ["comment whose options throw", (v) => v.comment("a", { get id() { throw new Error("no"); } })],
  ["move to a number", (v) => v.move(7), "stream"],
  ["move to a position that is a string", (v) => v.move("s2", { since: "7" }), "since"],
  ["move with 101 comments", (v) => v.move("s2", { last: 101 }), "last"],
  ["history before a Symbol", (v) => v.history({ before: Symbol("x") })],
  ["remove of nothing", (v) => v.remove()],
  ["remove of a comment without an id", (v) => v.remove({ user: "bob" }), "id"],
  ["remove of half an emoji", (v) => v.remove({ id: "\ud83d", user: "bob" }), "id"],
  ["report of null", (v) => v.report(null, "spam")],
  ["ban of half an emoji", (v) => v.ban("\ude00"), "user"],
  ["ban of nobody", (v) => v.ban(undefined), "user"],
  ["ban with a ring", (v) => v.ban("eve", RING)],
  ["unban of an empty name", (v) => v.unban(""), "user"],
  ["decide about a number", (v) => v.decide(7, "approve"), "id"],
  ["configure with a BigInt", (v) => v.configure({ max_text: 1n })],
  ["announce of a ring", (v) => v.announce("score", RING)],
  ["retract of half an emoji", (v) => v.retract("\udc00"), "name"],
]) {
  test(`${name}: rejects as invalid, reaches no server, throws nothing`, async () => {
    const { world, calls, viewer } = await stage();
    const refused = outcome(call(viewer));
    await world.pass(100);
    assert.equal(refused.error?.code, "invalid");
    assert.ok(refused.error instanceof world.Ovation.OvationError);
    if (field) assert.equal(refused.error.field, field);
    assert.deepEqual(calls, []);
    assert.deepEqual([viewer.state, viewer.stream, world.heardOf("watch").length], ["open", "s", 1]);
  });
}

test("null is as good as nothing: options of a move, a page, a ban, a comment", async () => {
  const { world, calls, viewer } = await stage();
  for (const call of [
    () => viewer.comment("a", { id: null, reply_to: null, meta: null }), () => viewer.history(null), () => viewer.ban("eve", null),
    () => viewer.history({ limit: null, before: null }), () => viewer.configure(null), () => viewer.announce("score", null, null),
    () => viewer.move("s2", null),
  ]) {
    assert.ok(await world.ends(call()));
  }
  assert.equal(calls[0], "https://live.example/streams/s/comments?");
  assert.deepEqual(Object.keys(world.heardOf("comment")[0]), ["type", "id", "text", "sentAt", "over"]);
});

test("meta is sent as it was, however it is changed while it waits", async () => {
  const { world, viewer } = await stage();
  viewer.disconnect();
  const meta = { a: 1 };
  const all = [viewer.comment("a", { meta }), viewer.comment("b")];
  meta.a = 1n;
  viewer.connect();
  await world.pass(100);
  for (const promise of all) assert.ok((await promise).id);
  assert.deepEqual(world.heardOf("comment")[0].meta, { a: 1 });
});

for (const retry of [{ first: 0 }, { first: -5, most: -1 }, { first: NaN }, { first: "soon", most: "late" }, { most: 0 }, null, 7]) {
  test(`delays of ${JSON.stringify(retry)} are no storm`, async () => {
    const world = new World();
    world.door = () => "refused";
    world.watch({ retry });
    await world.pass(60000);
    assert.ok(world.sockets.length > 1 && world.sockets.length < 70, `${world.sockets.length} in a minute`);
  });
}

for (const [name, options, code] of [
  ["urls with null", { urls: [null] }, "invalid"],
  ["urls with one that is wrong", { urls: ["https://a", "b"] }, "invalid"],
  ["no transport", { transports: [] }, "unsupported"],
  ["a transport that does not exist", { transports: ["sse"] }, "unsupported"],
  ["a position that is a string", { since: "123" }, "invalid"],
  ["a position below zero", { since: -1 }, "invalid"],
  ["a position that is no integer", { since: 1.5 }, "invalid"],
  ["a position beyond 2^53", { since: 2 ** 53 }, "invalid"],
  ["last as a string", { last: "5" }, "invalid"],
  ["last of 1,000", { last: 1000 }, "invalid"],
  ["nothing at all", undefined, "invalid"],
  ["null", null, "invalid"],
]) {
  test(`watch with ${name} is told at once`, async () => {
    const world = new World();
    const viewer = options ? world.watch(options) : world.Ovation.watch(options);
    const errors = [];
    viewer.on("error", (error) => errors.push(error));
    await world.pass(1000);
    assert.deepEqual(errors.map((error) => error.code), [code]);
    assert.match(errors[0].message, /\w{3}/);
    assert.equal(viewer.state, "closed");
    assert.equal(world.sockets.length, 0);
  });
}

test("one address, or one transport, need not be in a list", async () => {
  const { viewer } = await stage({ url: undefined, urls: "https://a.example", transports: "websocket" });
  assert.equal(viewer.url, "https://a.example");
  assert.equal(viewer.state, "open");
});

test("a debug function that throws is the platform's to tell, and harms nothing", async () => {
  const world = new World();
  const told = [];
  const { setTimeout } = world.globals;
  world.globals.setTimeout = (task, ms, ...more) => setTimeout(() => { try { task(...more); } catch (e) { told.push(e.message); } }, ms);
  const viewer = await world.open({ debug() { throw new Error("debug's own fault"); } });
  await world.pass(10);
  assert.equal(viewer.state, "open");
  assert.ok(told.includes("debug's own fault"));
});

test("off removes what once added; once and on are each called in their turn", async () => {
  const { world, viewer } = await stage();
  const seen = [];
  const first = () => seen.push("first");
  const second = () => seen.push("second");
  const stop = viewer.once("comment", first);
  viewer.once("comment", second);
  viewer.on("comment", () => viewer.once("viewers", second));
  viewer.off("comment", first);
  stop();
  world.socket.say(world.comment(11), world.comment(12), { type: "viewers", stream: "s", count: 3 }, { type: "viewers", stream: "s", count: 4 });
  assert.deepEqual(seen, ["second", "second"]);
});

test("calls over HTTP go to the preferred region also while it is disconnected, and may be ignored when they fail", async () => {
  const { world, calls, viewer } = await stage({ url: undefined, urls: ["https://near.example", "https://far.example"] });
  const early = world.watch({ url: undefined, urls: ["https://near.example"] });
  early.disconnect();
  assert.ok(await world.ends(early.history()));
  assert.match(calls[0], /^https:\/\/near\.example\//);
  let unhandled = 0;
  process.on("unhandledRejection", () => unhandled++);
  world.globals.fetch = async () => {
    throw new TypeError("fetch failed");
  };
  viewer.history();
  viewer.bans();
  viewer.request("GET", "/objects");
  viewer.remove({ id: "a", user: "b" });
  await world.pass(100);
  assert.equal(unhandled, 0);
});

test("a move wakes a viewer that rests", async () => {
  const world = new World({ page: {} });
  const viewer = await world.open();
  world.globals.document.hidden = true;
  world.socket.say({ type: "reconnect", after_ms: 0, reason: "ttl" });
  await world.pass(60000);
  assert.equal(viewer.state, "idle");
  const ready = outcome(viewer.move("s2"));
  await world.pass(2000);
  assert.equal(ready.value?.stream, "s2");
});

test("Trusted Types allow the policy once: a fallback that did not load at first is loaded later", async () => {
  const tags = [];
  let policies = 0;
  const document = { createElement: () => ({}), head: { append: (tag) => tags.push(tag) } };
  const createPolicy = (_, rules) => {
    if (policies++) throw new TypeError("Policy with name ovation disallowed");
    return rules;
  };
  const world = new World({ page: document, given: { trustedTypes: { createPolicy } } });
  const viewer = world.watch({ transports: ["sockjs"] });
  await world.pass(0);
  tags[0].onerror();
  await world.pass(5000);
  assert.ok(tags.length > 1, "it is asked for again");
  assert.equal(policies, 1);
  assert.ok(!viewer.of("error").some(({ message }) => /disallowed/.test(message)));
});
