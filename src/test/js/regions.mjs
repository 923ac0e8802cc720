// Two browsers, each on the page of another region, talk to each other.
// usage: node regions.mjs http://127.0.0.1:8080 http://127.0.0.1:8180
import assert from "node:assert/strict";
import { join, launch, say, sees } from "./browser.mjs";

const [here, there] = process.argv.slice(2);
const browser = await launch();
try {
  const stream = `regions-${Date.now()}`;
  const alice = await join(browser, here, stream, "Alice", { width: 1280, height: 800 });
  const bob = await join(browser, there, stream, "Bob", { width: 1280, height: 800 });
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    await say(alice, `Hello number ${i}`);
    await sees(bob, "Alice", `Hello number ${i}`);
    await say(bob, `Reply number ${i}`);
    await sees(alice, "Bob", `Reply number ${i}`);
    console.log(`there and back in ${Math.round(performance.now() - begin)} ms`);
  }
  assert.deepEqual([...alice.faults, ...bob.faults], []);
} finally {
  await browser.close();
}
