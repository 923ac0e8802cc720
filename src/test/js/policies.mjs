// ovation.js on pages of another origin, whose policies stand in its way, where only SockJS gets through: it works, or says
// why not. In a tab whose timers sleep it stays connected.
// usage: node policies.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { Line } from "./line.mjs";

const line = await Line.to(process.argv[2], { websockets: false });
const html = (nonce = "") => `<!doctype html><script ${nonce && `nonce="${nonce}"`} src="${line.url}/ovation.js"></script>`;

function own(watch) {
  return `window.viewer = ${watch}({ stream: "policies", user: "Bea", retry: { first: 100, most: 1000 } });`;
}

/* The broadcaster's site, on another origin than the node; each path is a page with headers of its own. */
const PAGES = {
  "/nonce": [html("abc"), { "content-security-policy": `script-src 'nonce-abc'; connect-src ${line.url} ${line.url.replace("http", "ws")}` }],
  "/types": [html(), { "content-security-policy": "require-trusted-types-for 'script'; trusted-types ovation" }],
  "/coep": [html(), { "cross-origin-embedder-policy": "require-corp", "cross-origin-opener-policy": "same-origin" }],
  "/sandbox": [html(), { "content-security-policy": "sandbox allow-scripts" }],
  "/only-client": [html(), { "content-security-policy": `script-src ${line.url}/ovation.js` }],
  "/no-type": [html(), { "content-security-policy": "require-trusted-types-for 'script'; trusted-types other" }],
  "/no-connect": [html(), { "content-security-policy": "connect-src 'self'" }],
  "/plain": [html(), {}],
  /* Without an address: the client's own. */
  "/script": [`${html()}<script>${own("Ovation.watch")}</script>`, {}],
  "/module": [`<!doctype html><script type="module">import { watch } from "${line.url}/ovation.mjs"; ${own("watch")}</script>`, {}],
  "/import": [`<!doctype html><script type="module">const { watch } = await import("${line.url}/ovation.mjs?v=2#x"); ${own("watch")}</script>`, {}],
};
const site = createServer(({ url }, response) => {
  const [body, headers] = PAGES[url] ?? ["", {}];
  response.writeHead(body ? 200 : 404, { "content-type": "text/html", ...headers }).end(body);
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const at = (path) => `http://127.0.0.1:${site.address().port}${path}`;
const directory = await mkdtemp(join(tmpdir(), "ovation-"));

const browser = await launch();
try {
  async function watching(address) {
    const page = await browser.newPage();
    await page.goto(address);
    await page.evaluate((url) => {
      window.errors = [];
      window.states = [];
      const debug = (_, way, json) => (window.pings += way === ">" && json === '{"type":"ping"}');
      window.viewer = Ovation.watch({ url, stream: `policies-${Date.now()}`, user: `Ann-${Date.now()}`, retry: { first: 100, most: 1000 }, debug });
      viewer.on("error", ({ code, message }) => errors.push(`${code}: ${message}`));
      viewer.on("state", ({ state }) => states.push(state));
    }, line.url);
    return page;
  }

  // Meanwhile, a hidden tab: the node drops who is silent for two heartbeats, of 2 s each, and no timer is soon enough.
  const hidden = await watching(at("/plain"));
  await hidden.waitForFunction(() => viewer.state === "open");
  await hidden.evaluate(() => {
    const later = setTimeout;
    window.setTimeout = (task, ms, ...more) => later(task, Math.max(ms || 0, 60000), ...more);
    window.setInterval = () => 0;
    window.pings = 0;
    window.states = [viewer.state];
  });

  await writeFile(join(directory, "page.html"), html());
  const allowed = { nonce: at("/nonce"), types: at("/types"), coep: at("/coep"), sandbox: at("/sandbox"), file: `file://${directory}/page.html` };
  for (const [name, address] of Object.entries(allowed)) {
    const page = await watching(address);
    await page.waitForFunction(() => viewer.state === "open");
    assert.equal(await page.evaluate(() => viewer.transport), "sockjs", name);
    assert.deepEqual(await page.evaluate(() => errors), [], name);
    await page.evaluate(() => viewer.comment("hello"));
    await page.close();
    console.log(`${name}: ok`);
  }

  for (const path of ["/script", "/module", "/import"]) {
    const page = await browser.newPage();
    await page.goto(at(path));
    await page.waitForFunction(() => window.viewer?.state === "open");
    assert.equal(await page.evaluate(() => viewer.url), line.url, path);
    assert.ok((await page.evaluate(() => viewer.comment("hello"))).id);
    await page.close();
    console.log(`${path}: ok`);
  }

  const refused = {
    "/only-client": /^blocked: sockjs cannot be used .*Content-Security-Policy/,
    "/no-type": /^blocked: .*TrustedTypePolicy|^blocked: .*policy/i,
    "/no-connect": /^blocked: the page's Content-Security-Policy \(connect-src\) forbids/,
  };
  for (const [path, why] of Object.entries(refused)) {
    const page = await watching(at(path));
    await page.waitForFunction(() => errors.length);
    await page.waitForFunction((why) => errors.some((error) => new RegExp(why, "i").test(error)), why.source);
    console.log(`${path}: ${(await page.evaluate(() => errors)).join(" | ")}`);
    await page.close();
  }

  await hidden.waitForFunction(() => viewer.state !== "open" || pings > 4);
  assert.deepEqual(await hidden.evaluate(() => [viewer.state, viewer.transport, errors, states]), ["open", "sockjs", [], ["open"]]);
  console.log("a hidden tab: ok");
} finally {
  await browser.close();
  site.close();
  line.close();
  await rm(directory, { recursive: true });
}
process.exit(0);
