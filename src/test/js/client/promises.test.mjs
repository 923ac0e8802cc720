// Each promise that the client makes settles, whatever it is given and whatever the server does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, outcome } from "./world.mjs";

const RING = {};
RING.ring = RING;

for (const [name, text, more, field] of [
  ["a text of 70,000 characters", "x".repeat(70000), undefined, "text"],
  ["a text of 501 characters", "x".repeat(501), undefined, "text"],
  ["an empty text", "", undefined, "text"],
  ["a blank text", " \n\t ", undefined, "text"],
  ["half an emoji", "a\ud83d", undefined, "text"],
  ["the other half", "\ude00", undefined, "text"],
  ["a number", 42, undefined, "text"],
  ["null", null, undefined, "text"],
  ["nothing", undefined, undefined, "text"],
  ["an object", {}, undefined, "text"],
  ["an id of 129 characters", "a", "i".repeat(129), "id"],
  ["an id that is a number", "a", 42, "id"],
  ["an empty id", "a", "", "id"],
  ["a reply_to that is a number", "a", { reply_to: 7 }, "reply_to"],
  ["meta of 2 KiB", "a", { meta: { a: "x".repeat(2048) } }, "meta"],
  ["meta of 600 characters that are 1,800 bytes", "a", { meta: { a: "€".repeat(600) } }, "meta"],
  ["meta that is a list", "a", { meta: [1] }, "meta"],
  ["meta that is a ring", "a", { meta: RING }, "meta"],
]) {
  test(`${name} is refused at once and never sent`, async () => {
    const world = new World();
    const viewer = await world.open();
    const refused = outcome(viewer.comment(text, more));
    await world.pass(0);
    assert.equal(refused.error?.code, "invalid");
    assert.equal(refused.error.field, field);
    assert.ok(refused.error instanceof world.Ovation.OvationError);
    const next = outcome(viewer.comment("what follows gets through"));
    await world.pass(10);
    assert.ok(next.value);
    assert.deepEqual(world.heardOf("comment").map(({ text }) => text), ["what follows gets through"]);
    assert.equal(world.sockets.length, 1);
  });
}

test("what is just within the bounds is sent: 500 emoji, decomposed accents, an id of 128, null as no id", async () => {
  const world = new World();
  const viewer = await world.open();
  const all = [
    viewer.comment("😀".repeat(500)), viewer.comment("e\u0301".repeat(500)), viewer.comment("a", "i".repeat(128)),
    viewer.comment("a", null), viewer.comment("a", { meta: { a: 1 }, reply_to: "i1" }),
  ];
  await world.pass(10);
  for (const promise of all) assert.ok((await promise).id);
  assert.equal(world.heardOf("comment").length, 5);
  assert.deepEqual(world.heardOf("comment")[4].meta, { a: 1 });
  assert.equal(world.heardOf("comment")[4].reply_to, "i1");
});

test("200 in a second all settle soon: those beyond 16 that wait are refused", async () => {
  const world = new World();
  world.answers.comment = (message, socket) => world.globals.setTimeout(() => socket.say({ type: "accepted", id: message.id }), 20);
  const viewer = await world.open();
  const results = [];
  for (let i = 0; i < 200; i++) {
    results.push(outcome(viewer.comment(`c${i}`)));
    await world.pass(5);
  }
  await world.pass(2000);
  assert.ok(results.every(({ value, error }) => value || error?.code === "busy"));
  assert.ok(results.filter(({ value }) => value).length >= 50);
  assert.equal(viewer.pending, 0);
});

test("one that nobody answers is sent again after seconds on the same connection, and times out in its time", async () => {
  const world = new World();
  world.answers.comment = () => {};
  const viewer = await world.open();
  const lost = outcome(viewer.comment("lost"));
  await world.pass(30000);
  assert.ok(world.heardOf("comment").length >= 4);
  assert.equal(new Set(world.heardOf("comment").map(({ id }) => id)).size, 1);
  assert.equal(world.sockets.length, 1);
  await world.pass(31000);
  assert.equal(lost.error?.code, "timeout");
  const short = outcome(viewer.comment("short", { timeout: 1000 }));
  await world.pass(1000);
  assert.equal(short.error?.code, "timeout");
});

test("an answer that was lost does not hold up what follows for long", async () => {
  const world = new World();
  const answer = world.answers.comment;
  world.answers.comment = (message, socket) => message.text !== "lost" && answer(message, socket);
  const viewer = await world.open();
  const lost = outcome(viewer.comment("lost"));
  const next = outcome(viewer.comment("next"));
  await world.pass(11000);
  assert.ok(next.value);
  await world.pass(60000);
  assert.equal(lost.error?.code, "timeout");
});

test("one's own comments keep their order after busy, after rate without an id, and over a lost connection", async () => {
  const world = new World();
  const taken = [];
  let busy = 3;
  world.answers.comment = ({ id, text }, socket) => {
    if (text === "b" && busy-- > 0) return socket.say({ type: "error", code: "busy", id, retry_after_ms: 700 });
    if (text === "c" && taken.length === 2 && busy-- > -2) return socket.say({ type: "error", code: "rate", detail: "dropped" });
    if (text === "d" && socket === world.sockets[0]) return socket.cut();
    taken.push(text);
    socket.say({ type: "accepted", id });
  };
  const viewer = await world.open();
  const all = ["a", "b", "c", "d", "e"].map((text) => outcome(viewer.comment(text)));
  await world.pass(30000);
  assert.deepEqual(taken, ["a", "b", "c", "d", "e"]);
  assert.ok(all.every(({ value }) => value));
});

test("a comment that the server will not even read is given up, and what is behind it gets through", async () => {
  const world = new World();
  const answer = world.answers.comment;
  world.answers.comment = (message, socket) =>
    message.text === "poison" ? socket.closed(1009, "the message is too large") : answer(message, socket);
  const viewer = await world.open();
  const poison = outcome(viewer.comment("poison"));
  const next = outcome(viewer.comment("next"));
  await world.pass(5000);
  assert.equal(poison.error?.code, "too_large");
  assert.ok(next.value);
  assert.equal(world.sockets.length, 2);
});

test("the same id with the same text is one comment, with another text a conflict", async () => {
  const world = new World();
  world.answers.comment = () => {};
  const viewer = await world.open();
  assert.equal(viewer.comment("a", "x"), viewer.comment("a", "x"));
  await assert.rejects(viewer.comment("b", "x"), { code: "conflict" });
});

test("one's comment that comes before its answer settles, and held ones say so", async () => {
  const world = new World();
  world.answers.comment = ({ id, text }, socket) =>
    text === "held" ? socket.say({ type: "accepted", id, held: true }) : socket.say(world.comment(11, { id, user: "bob" }));
  const viewer = await world.open();
  assert.ok((await world.ends(viewer.comment("a"))).id);
  assert.equal((await world.ends(viewer.comment("held"))).held, true);
});

test("everything that waits settles at close, at the end for good, and at a move", async () => {
  for (const [end, code] of [
    [(viewer) => viewer.close(), "left"],
    [(_, world) => world.socket.closed(4502, "elsewhere"), "closed"],
    [(viewer) => viewer.move("s2"), "moved"],
  ]) {
    const world = new World();
    world.answers.comment = () => {};
    const viewer = await world.open();
    const waits = outcome(viewer.comment("a"));
    end(viewer, world);
    await world.pass(0);
    assert.equal(waits.error?.code, code);
  }
});

test("ready settles: at once, once it watches, and with the reason if it never will", async () => {
  const world = new World();
  const viewer = world.watch();
  const first = outcome(viewer.ready());
  await world.pass(0);
  assert.equal(first.value?.offset, 10);
  assert.equal((await viewer.ready()).offset, 10);
  viewer.close();
  await assert.rejects(viewer.ready(), { code: "closed" });
  const wrong = world.watch({ stream: "no such name!" });
  await assert.rejects(world.ends(wrong.ready()), { code: "invalid", field: "stream" });
  await assert.rejects(wrong.comment("a"), { code: "closed" });
  await assert.rejects(world.watch().move("no such name!"), { code: "invalid" });
});

test("ready and move settle also while the server is away, and when the viewer disconnects", async () => {
  const world = new World();
  world.door = () => "refused";
  const viewer = world.watch({ commentTimeout: 20000 });
  const [first, moved] = [outcome(viewer.ready()), outcome(viewer.move("other"))];
  await world.pass(19000);
  assert.ok(!first.error && !moved.error);
  await world.pass(1000);
  assert.deepEqual([first.error?.code, moved.error?.code], ["timeout", "timeout"]);
  const again = outcome(viewer.ready());
  viewer.disconnect();
  await world.pass(0);
  assert.equal(again.error?.code, "closed");
  const late = outcome(viewer.ready());
  world.door = () => "open";
  viewer.connect();
  await world.pass(1000);
  assert.equal(late.value?.offset, 10, "it watches again");
});

test("history settles: with a page, with the server's refusal, without an answer, without a network", async () => {
  let answer;
  const calls = [];
  const given = {
    fetch: (url, call) => {
      calls.push([url, call]);
      return answer();
    },
  };
  const world = new World({ given });
  const viewer = await world.open({ token: async () => "jwt" });
  const says = (status, body, headers = {}) => async () => ({
    ok: status < 400, status, headers: new Map(Object.entries(headers)), json: async () => JSON.parse(body),
  });
  answer = says(200, '{"comments":[],"before":null}');
  assert.equal((await world.ends(viewer.history({ limit: 5, before: 9 }))).comments.length, 0);
  assert.equal(calls[0][0], "https://live.example/streams/s/comments?limit=5&before=9");
  assert.equal(calls[0][1].headers.authorization, "Bearer jwt");
  answer = says(429, '{"code":"rate","detail":"slower"}', { "retry-after": "3" });
  await assert.rejects(world.ends(viewer.history()), { code: "rate", status: 429, retry_after_ms: 3000 });
  answer = says(502, "<html>Bad gateway</html>");
  await assert.rejects(world.ends(viewer.history()), { code: "http", status: 502 });
  answer = async () => {
    throw new TypeError("fetch failed");
  };
  await assert.rejects(world.ends(viewer.history()), { code: "unavailable" });
  answer = () => new Promise(() => {});
  const hangs = outcome(viewer.history());
  await world.pass(10000);
  assert.equal(hangs.error?.code, "unavailable");
});

test("a promise that nobody looks at ends no process", async () => {
  const world = new World();
  const viewer = await world.open();
  let unhandled = 0;
  process.on("unhandledRejection", () => unhandled++);
  viewer.comment("");
  world.answers.comment = () => {};
  viewer.comment("a");
  viewer.ready();
  viewer.close();
  viewer.ready();
  await world.pass(1000);
  assert.equal(unhandled, 0);
});
