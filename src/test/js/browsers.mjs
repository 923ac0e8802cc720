// ovation.js in Firefox, WebKit and Chromium, on a page of another origin: the page tries everything and reports.
// Not in bin/test: Debian's firefox-esr, webkit2gtk-driver and xvfb are 400 MB to install.
// usage: node browsers.mjs http://127.0.0.1:8080 [firefox] [webkit] [chromium]
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Line } from "./line.mjs";

const [base, ...chosen] = process.argv.slice(2);
const LIMIT_MS = 120_000;
const WEBKIT = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
const BROWSERS = {
  firefox: (url, profile) => ["firefox-esr", "--headless", "--no-remote", "--profile", profile, url],
  webkit: (url) => ["xvfb-run", "-a", WEBKIT, "--private", url],
  chromium: (url, profile) => ["chromium", "--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`, url],
};

/* Runs in the page. `lines` are addresses of the node: one that lets everything pass, one without WebSockets. */
async function scenario({ lines }) {
  const done = [];
  const ok = (what) => done.push(what);
  const until = async (test, what) => {
    for (let i = 0; i < 600; i++) {
      if (test()) return;
      await new Promise((wait) => setTimeout(wait, 100));
    }
    throw new Error(`${what} did not happen`);
  };
  const line = (which, verb) => fetch(`/${which}/${verb}`, { method: "POST" });
  try {
    for (const [which, transport] of [["wide", "websocket"], ["narrow", "sockjs"]]) {
      const stream = `browsers-${which}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
      const seen = [];
      const viewer = Ovation.watch({ url: lines[which], stream, user: "Ann", retry: { first: 200, most: 2000 } });
      viewer.on("comment", ({ text }) => seen.push(text));
      await until(() => viewer.state === "open", `${which}: open`);
      if (viewer.transport !== transport) throw new Error(`${which}: ${viewer.transport}`);
      await viewer.comment("one");
      await until(() => seen.includes("one"), `${which}: the comment`);
      ok(`${transport}: watched and said`);
      viewer.react("like", 3);
      await until(() => viewer.totals.like === 3, `${which}: reactions`);
      ok(`${transport}: reacted`);
      await line(which, "cut");
      await until(() => viewer.state !== "open", `${which}: closed`);
      const two = viewer.comment("two");
      await line(which, "heal");
      await two;
      await until(() => seen.includes("two") && viewer.state === "open", `${which}: the comment after the cut`);
      if (viewer.transport !== transport) throw new Error(`${which}: ${viewer.transport} after the cut`);
      if (seen.join() !== "one,two") throw new Error(`${which}: saw ${seen}`);
      ok(`${transport}: went on after a cut, on the same transport`);
      const { comments } = await viewer.history({ limit: 10 });
      if (comments.length !== 2) throw new Error(`${which}: history has ${comments.length}`);
      viewer.close();
      ok(`${transport}: read the history`);

      const events = [];
      const source = new EventSource(`${lines[which]}/streams/${stream}/events?user=Eve&last=5`);
      source.onmessage = ({ data }) => events.push(JSON.parse(data));
      await until(() => events.filter(({ type }) => type === "comment").length === 2, `${which}: EventSource`);
      source.close();
      ok(`EventSource beside ${transport}`);
    }
  } catch (e) {
    done.push(`FAILED: ${e.message}`);
  }
  await fetch("/report", { method: "POST", body: JSON.stringify([navigator.userAgent, ...done]) });
}

async function run(name) {
  const lines = { wide: await Line.to(base), narrow: await Line.to(base, { websockets: false }) };
  const urls = Object.fromEntries(Object.entries(lines).map(([which, { url }]) => [which, url]));
  const page = `<!doctype html><script src="${urls.wide}/ovation.js"></script><script>(${scenario})(${JSON.stringify({ lines: urls })})</script>`;
  let report;
  const reported = new Promise((done) => (report = done));
  const site = createServer(async (request, response) => {
    const [, which, verb] = request.url.split("/");
    let body = "";
    for await (const piece of request) body += piece;
    if (which === "report") report(JSON.parse(body));
    else if (lines[which]) lines[which][verb]();
    response.writeHead(200, { "content-type": "text/html" }).end(request.url === "/" ? page : "");
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  const profile = await mkdtemp(join(tmpdir(), "ovation-"));
  const [command, ...options] = BROWSERS[name](`http://127.0.0.1:${site.address().port}/`, profile);
  const browser = spawn(command, options, { stdio: "ignore", detached: true });
  const late = new Promise((done) => setTimeout(done, LIMIT_MS, ["", "FAILED: no report in time"]));
  const [agent, ...steps] = await Promise.race([reported, late]);
  process.kill(-browser.pid);
  console.log(`${name}: ${agent}\n  ${steps.join("\n  ")}`);
  site.close();
  site.closeAllConnections();
  Object.values(lines).forEach((line) => line.close());
  await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  return !steps.some((step) => step.startsWith("FAILED"));
}

let good = true;
for (const name of chosen.length ? chosen : Object.keys(BROWSERS)) good = (await run(name)) && good;
process.exit(good ? 0 : 1);
