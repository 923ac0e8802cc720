// A page that the browser keeps for the way back, on SockJS: it goes on where it was, and nothing stands in the way of keeping it.
// usage: node kept.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { launch } from "./browser.mjs";

const base = process.argv[2];
const LIMIT_MS = 30_000;
const stream = `kept-${Date.now()}`;

/* The page itself says what it sees: nothing from outside looks into a page that is kept. */
const PAGE = `<!doctype html>
<script>
  const refused = [];
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...more) {
    if (/unload/.test(type)) refused.push(type);
    return add.call(this, type, ...more);
  };
</script>
<script src="${base}/ovation.js"></script>
<script>
  const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
  addEventListener("pageshow", ({ persisted }) => tell({ persisted }));
  const viewer = Ovation.watch({ url: "${base}", stream: "${stream}", user: "Ann", transports: ["sockjs"], retry: { first: 100 } });
  viewer.on("comment", ({ text }) => tell({ text }));
  viewer.on("gap", () => tell({ gap: true }));
  viewer.on("watching", () => tell({ transport: viewer.transport, refused, unload: [window.onunload, window.onbeforeunload] }));
</script>`;

const told = [];
const site = createServer(async (request, response) => {
  if (request.url === "/told") {
    let body = "";
    for await (const piece of request) body += piece;
    told.push(JSON.parse(body));
  }
  response.writeHead(200, { "content-type": "text/html" }).end(request.url === "/page" ? PAGE : "<!doctype html>another page");
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const at = (path) => `http://127.0.0.1:${site.address().port}${path}`;

async function until(what, test) {
  for (const end = performance.now() + LIMIT_MS; !told.some(test); ) {
    assert.ok(performance.now() < end, `${what}: ${JSON.stringify(told)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function post(text) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${base}/streams/${stream}/comments`, { method: "POST", headers, body: JSON.stringify({ user: "alice", text }) });
  assert.equal(answer.status, 202);
}

const browser = await launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
try {
  const page = await browser.newPage();
  await page.goto(at("/page"));
  await until("it watches", ({ transport }) => transport === "sockjs");
  await post("before");
  await until("the comment", ({ text }) => text === "before");
  await page.goto(at("/other"));
  await post("while away");
  await page.evaluate(() => void setTimeout(() => history.back()));
  await until("it is back", ({ persisted }) => persisted);
  await until("what it missed", ({ text }) => text === "while away");
  await post("after");
  await until("the last", ({ text }) => text === "after");
  assert.deepEqual(told.flatMap(({ text }) => text ?? []), ["before", "while away", "after"]);
  assert.deepEqual(told.filter(({ gap }) => gap), []);
  for (const { refused, unload } of told.filter(({ transport }) => transport)) assert.deepEqual([refused, unload], [[], [null, null]]);
} finally {
  await browser.close();
  site.close();
}
process.exit(0);
