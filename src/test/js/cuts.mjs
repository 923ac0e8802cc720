// ovation.js and EventSource in Chromium, on a line that breaks, dies, and refuses WebSockets.
// usage: node cuts.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { launch } from "./browser.mjs";
import { Line } from "./line.mjs";

const base = process.argv[2];
/* Longer than the longest pause between attempts, 30 s, and the time to open. */
const LIMIT_MS = 60_000;

/** What a stream's viewers must see: posted straight to the node, whatever the line does. */
class Stream {
  texts = [];

  constructor(name) {
    this.name = `${name}-${Date.now()}`;
  }

  async post(count) {
    for (let i = 0; i < count; i++) {
      const text = `c${this.texts.length}`;
      const body = JSON.stringify({ user: "alice", text });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${base}/streams/${this.name}/comments`, { method: "POST", headers, body });
      assert.equal(answer.status, 202);
      this.texts.push(text);
    }
  }

  /** All is there, once and in order, where `by` says which of all comments count. */
  async allSeen(page, by = "alice") {
    await page.waitForFunction((last) => window.seen.some(({ text }) => text === last), this.texts.at(-1), { timeout: LIMIT_MS });
    const texts = await page.evaluate((by) => window.seen.filter(({ user }) => user === by).map(({ text }) => text), by);
    assert.deepEqual(texts, this.texts);
  }
}

async function watching(browser, line, stream) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(line.url);
  await page.waitForFunction(() => window.Ovation);
  await page.evaluate((stream) => {
    window.seen = [];
    window.states = [];
    window.gaps = [];
    window.viewer = Ovation.watch({ url: location.origin, stream, user: "bob" });
    viewer.on("comment", (comment) => seen.push(comment));
    viewer.on("gap", (gap) => gaps.push(gap));
    viewer.on("state", ({ state }) => states.push(state));
  }, stream.name);
  await is(page, "open");
  return page;
}

const is = (page, state) =>
  page.waitForFunction((state) => window.viewer.state === state, state, { timeout: LIMIT_MS });

/** Says something and leaves the answer for later. */
const say = (page, text) =>
  page.evaluate((text) => {
    window.answer = viewer.comment(text);
  }, text);

/** The comment is durable, and there once. */
async function saidOnce(page, text) {
  const { id } = await page.evaluate(() => window.answer);
  await page.waitForFunction((text) => window.seen.some((comment) => comment.text === text), text, { timeout: LIMIT_MS });
  const found = await page.evaluate((text) => window.seen.filter((comment) => comment.text === text), text);
  assert.deepEqual(found.map((comment) => comment.id), [id]);
}

async function cutAndHealed(page, line, stream) {
  await stream.post(5);
  await stream.allSeen(page);
  line.cut();
  await is(page, "waiting");
  await say(page, "said while the line was cut");
  await stream.post(5);
  line.heal();
  await is(page, "open");
  await stream.post(5);
  await stream.allSeen(page);
  await saidOnce(page, "said while the line was cut");
  assert.deepEqual(await page.evaluate(() => window.gaps), []);
}

async function dead(page, line, stream) {
  line.die();
  await say(page, "said into a dead line");
  await stream.post(5);
  // Nothing closes it: a ping finds out.
  await page.waitForFunction(() => window.viewer.state !== "open", null, { timeout: LIMIT_MS });
  line.heal();
  await is(page, "open");
  await stream.allSeen(page);
  await saidOnce(page, "said into a dead line");
}

const browser = await launch();
try {
  const line = await Line.to(base);
  const stream = new Stream("cuts");
  const page = await watching(browser, line, stream);
  assert.equal(await page.evaluate(() => viewer.transport), "websocket");
  assert.equal(await page.evaluate(() => typeof window.SockJS), "undefined", "nobody needs SockJS here");
  await cutAndHealed(page, line, stream);
  console.log("a line that is cut: ok");
  await dead(page, line, stream);
  console.log("a line that is dead: ok");
  line.close();

  const narrow = await Line.to(base, { websockets: false });
  const blocked = new Stream("blocked");
  const behind = await watching(browser, narrow, blocked);
  assert.equal(await behind.evaluate(() => viewer.transport), "sockjs");
  await cutAndHealed(behind, narrow, blocked);
  assert.equal(await behind.evaluate(() => viewer.transport), "sockjs");
  await behind.evaluate(() => viewer.close());
  console.log("a line without WebSockets: ok");

  const events = new Stream("events");
  await behind.evaluate((stream) => {
    window.seen = [];
    window.source = new EventSource(`/streams/${stream}/events?user=carol`);
    source.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "comment") seen.push(message);
      else window.watching = true;
    };
  }, events.name);
  await behind.waitForFunction(() => window.watching, null, { timeout: LIMIT_MS });
  await events.post(5);
  await events.allSeen(behind);
  narrow.cut();
  await events.post(5);
  narrow.heal();
  await events.allSeen(behind);
  await events.post(1);
  await events.allSeen(behind);
  console.log("an EventSource on a line that is cut: ok");
  narrow.close();
} finally {
  await browser.close();
}
process.exit(0);
