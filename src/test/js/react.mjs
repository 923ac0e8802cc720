// The React hook in Chromium, in strict mode, as a bundler delivers it.
// usage: node react.mjs port
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launch } from "./browser.mjs";
import { Stand } from "./stand.mjs";

const APP = `
  import { StrictMode, createElement as h } from "react";
  import { createRoot } from "react-dom/client";
  import { useOvation } from "../../../client/react.js";

  function Room(props) {
    const now = useOvation({ url: location.origin, ...props }, { most: props.most });
    window.now = now;
    window.renders = (window.renders ?? 0) + 1;
    return h("ul", null, now.comments.map(({ id, text }) => h("li", { key: id }, text)));
  }
  const root = createRoot(document.body.appendChild(document.createElement("main")));
  window.show = (props) => root.render(h(StrictMode, null, props && h(Room, props)));
`;

async function bundle() {
  const { outputFiles } = await build({
    stdin: { contents: APP, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    nodePaths: [fileURLToPath(new URL("node_modules", import.meta.url))],
    bundle: true,
    format: "iife",
    define: { "process.env.NODE_ENV": '"development"' },
    logOverride: { "empty-import-meta": "silent" },
    write: false,
  });
  return outputFiles[0].text;
}

const stand = await Stand.start(Number(process.argv[2]), "");
const browser = await launch();
try {
  const page = await browser.newPage();
  const faults = [];
  page.on("pageerror", (e) => faults.push(e.message));
  await page.goto(stand.url);
  await page.evaluate(() => document.body.replaceChildren());
  await page.addScriptTag({ content: await bundle() });
  const show = (props) => page.evaluate((props) => window.show(props), props);
  const now = (what) => page.evaluate((what) => window.now[what], what);
  const until = (test, given) => page.waitForFunction(test, given);
  const texts = () => page.locator("li").allTextContents();

  // Strict mode mounts twice; one connection stays.
  await show({ stream: "s", user: "Ann", last: 50 });
  await until(() => window.now?.state === "open" && window.now.viewers === 1);
  assert.equal(stand.viewers.size, 1);

  // A storm: the last 200 stay, in order, and it renders no more often than there are frames.
  const frames = page.evaluate(
    () =>
      new Promise((done) => {
        const before = window.renders;
        let frames = 0;
        const count = () => {
          frames++;
          if (window.now.comments.at(-1)?.text === "t499") done({ frames, renders: window.renders - before });
          else requestAnimationFrame(count);
        };
        count();
      }),
  );
  for (let i = 0; i < 500; i++) stand.comment("Bob", `t${i}`);
  // Strict mode renders each twice.
  const { frames: drawn, renders } = await frames;
  assert.ok(renders <= 2 * (drawn + 1), `${renders} renders in ${drawn} frames`);
  assert.deepEqual(await texts(), Array.from({ length: 200 }, (_, i) => `t${300 + i}`));

  // What moderators take away goes; other facts are there.
  const gone = stand.history.find(({ text }) => text === "t499");
  stand.all({ type: "deleted", user: "Bob", id: gone.id, offset: ++stand.offset });
  await until(() => window.now.comments.at(-1).text === "t498");
  stand.comment("Carol", "stays");
  stand.all({ type: "purged", user: "Bob", offset: ++stand.offset });
  await until(() => window.now.comments.length === 1);
  assert.deepEqual(await texts(), ["stays"]);
  stand.all({ type: "status", live: true });
  stand.reactions({ like: 3 });
  await until(() => window.now.live === true && window.now.totals.like === 3);
  stand.all({ type: "error", code: "rate", detail: "slowly" });
  await until(() => window.now.error?.code === "rate");

  // Saying something.
  await page.evaluate(() => window.now.viewer.comment("mine"));
  await until(() => window.now.comments.at(-1).text === "mine");

  // Another stream: the same viewer moves, on the same connection.
  const before = stand.watches.length;
  await page.evaluate(() => (window.first = window.now.viewer));
  await show({ stream: "t", user: "Ann", last: 50 });
  await until(() => window.now.viewer.stream === "t" && window.now.state === "open" && window.now.comments.length === 0);
  assert.deepEqual(stand.watches.slice(before).map(({ stream }) => stream), ["t"]);
  assert.equal(await page.evaluate(() => window.now.viewer === window.first), true);
  assert.equal(await now("error"), null);

  // Another user: another viewer, and the first one is closed.
  await show({ stream: "t", user: "Zoe", last: 50 });
  await until(() => window.now.viewer !== window.first && window.now.state === "open");
  assert.equal(await page.evaluate(() => window.first.state), "closed");
  assert.equal(stand.watches.at(-1).user, "Zoe");

  // A list of one.
  await show({ stream: "s", user: "Mo", most: 1 });
  await until(() => window.now.viewer?.user === "Mo" && window.now.state === "open");
  for (const text of ["one", "two", "three"]) stand.comment("Bob", text);
  await until(() => window.now.comments.at(-1)?.text === "three");
  assert.deepEqual(await texts(), ["three"]);

  // Unmounted, nothing stays.
  await page.evaluate(() => (window.last = window.now.viewer));
  await show(null);
  await until(() => window.last.state === "closed");
  assert.deepEqual(faults, []);
} finally {
  await browser.close();
  stand.close();
}
process.exit(0);
