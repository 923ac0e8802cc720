// A viewer with ovation.js in Chromium, on a broadcaster's own page, that knows two regions: `moves.mjs NEAR FAR STREAM`. Prints what
// the page is told, one JSON array [stream, event] a line, and goes on until the process is ended.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";

const [near, far, stream] = process.argv.slice(2);
const site = createServer((request, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const page = await (await (await launch()).newContext()).newPage();
await page.goto(`http://127.0.0.1:${site.address().port}/`);
await page.addScriptTag({ path: fileURLToPath(new URL("../../../client/ovation.js", import.meta.url)) });
await page.exposeFunction("tell", (event) => console.log(JSON.stringify([stream, event])));
await page.evaluate(
  ([urls, stream]) => {
    const viewer = Ovation.watch({ urls, stream, user: "in-chromium" });
    for (const type of ["watching", "comment", "gap", "error", "state"]) {
      viewer.on(type, (event) => tell({ ...event, type }));
    }
  },
  [[near, far], stream],
);
