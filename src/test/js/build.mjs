// Builds client/ovation.js from client/src; with --check, fails if the file there is another.
// usage: node build.mjs [--check]
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const CLIENT = new URL("../../../client/", import.meta.url);
const FILE = new URL("ovation.js", CLIENT);
const MOST = 8 * 1000;
/* Names that the client's modules use only among themselves: shortened, which saves 4 %. */
const INTERNAL = `advance answered attempts base become begin blocked check choose closed comeBack done due emit ended expectAnswer failed fault
  finish flush forget heard hello helloAgain helloLater leave left log longest make next notFor offline open opened page patience ping
  postpone preferFirst promise receive restart sent settle settleAll settleSent shown soon start stop timer tries turn unreadable
  untilWebSocketWorks wake worked works`;

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("src/ovation.js", CLIENT))],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2021",
  charset: "utf8",
  mangleProps: new RegExp(`^(${INTERNAL.split(/\s+/).join("|")})$`),
  banner: { js: "/* Ovation: built from client/src */" },
  footer: { js: 'typeof module=="object"&&module.exports&&(module.exports=Ovation)' },
  write: false,
});
const [{ text }] = outputFiles;
const size = gzipSync(text, { level: 9 }).length;
console.log(`ovation.js: ${text.length} bytes, ${size} gzipped`);
assert.ok(size < MOST, `ovation.js has ${size} bytes gzipped, more than ${MOST}`);
if (process.argv[2] === "--check") {
  assert.equal(await readFile(FILE, "utf8"), text, "client/ovation.js is not what client/src makes: run `npm run build`");
} else {
  await writeFile(FILE, text);
}
