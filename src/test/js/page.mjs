// Two browsers on the page talk to each other.
// usage: node page.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { join, launch, say, sees } from "./browser.mjs";

const base = process.argv[2];
const LIMIT_MS = 1000;
const TALKS = 5;

const browser = await launch();
try {
  const alice = await join(browser, base, "page-test", "Alice", { width: 1280, height: 800 });
  const bob = await join(browser, base, "page-test", "Bob", { width: 390, height: 844 });

  // The promise is a time on an idle machine: the best exchange counts, all must arrive.
  let best = Infinity;
  for (let i = 0; i < TALKS; i++) {
    const begin = performance.now();
    await say(alice, `Hello number ${i}`);
    await sees(bob, "Alice", `Hello number ${i}`);
    await say(bob, `Reply number ${i}`);
    await sees(alice, "Bob", `Reply number ${i}`);
    best = Math.min(best, performance.now() - begin);
  }
  console.log(`there and back in ${Math.round(best)} ms`);
  assert.ok(best < LIMIT_MS, `there and back took ${best} ms`);
  await sees(alice, "Alice", "Hello number 0");

  await say(alice, "<img src=x onerror=document.title='hacked'> <b>bold</b>");
  await sees(bob, "Alice", "<b>bold</b>");
  assert.doesNotMatch(await bob.title(), /hacked/);

  const wide = await bob.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the phone`);
  // The stock SockJS client in a browser, by the transport of its own choice.
  await alice.addScriptTag({ url: `${base}/webjars/sockjs.min.js` });
  await alice.evaluate(() => {
    window.texts = [];
    const socket = new SockJS("/live");
    socket.onopen = () => socket.send(JSON.stringify({ type: "watch", stream: "page-test", user: "Carol" }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "watching") window.watching = true;
      if (message.type === "comment") texts.push(message.text);
    };
  });
  await alice.waitForFunction(() => window.watching);
  await say(bob, "To SockJS");
  await alice.waitForFunction(() => window.texts.includes("To SockJS"));

  assert.deepEqual([...alice.faults, ...bob.faults], []);
} finally {
  await browser.close();
}
