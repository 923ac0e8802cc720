// Server-sent events as a browser's EventSource reads them, with a comment by HTTP.
// usage: node events.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";

const base = process.argv[2];
const LIMIT_MS = 15_000;
const stream = `events-${Date.now()}`;

/** Reads one event after another from the response. */
async function* events(response) {
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split("\n");
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (field("data")) yield { id: field("id"), message: JSON.parse(field("data")) };
    }
  }
}

async function open(headers) {
  const away = new AbortController();
  const timer = setTimeout(() => away.abort(new Error("nothing came in time")), LIMIT_MS);
  const response = await fetch(`${base}/streams/${stream}/events?user=bob`, { headers, signal: away.signal });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const next = events(response);
  return {
    async next(type) {
      for (;;) {
        const { value } = await next.next();
        if (value.message.type === type) return value;
      }
    },
    close() {
      clearTimeout(timer);
      away.abort();
    },
  };
}

async function say(text) {
  const body = JSON.stringify({ user: "alice", text });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${base}/streams/${stream}/comments`, { method: "POST", headers, body });
  assert.equal(answer.status, 202);
}

const first = await open({});
const watching = await first.next("watching");
assert.equal(watching.id, String(watching.message.offset));
await say("one");
const one = await first.next("comment");
assert.equal(one.message.text, "one");
assert.equal(one.id, String(one.message.offset));
first.close();

await say("two, while away");
const second = await open({ "last-event-id": one.id });
assert.equal((await second.next("watching")).id, one.id);
assert.equal((await second.next("comment")).message.text, "two, while away");
await say("three");
assert.equal((await second.next("comment")).message.text, "three");
second.close();
console.log("server-sent events: ok");
process.exit(0);
