// Two browsers on the page react, are counted, and one of them moves on.
// usage: node audience.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { join, launch } from "./browser.mjs";

const base = process.argv[2];
const stream = `audience-${Date.now()}`;
const browser = await launch();
const button = (page, name) => page.getByRole("button", { name, exact: true });
const shows = (page, text) => page.getByText(text, { exact: true }).waitFor();
try {
  const alice = await join(browser, base, stream, "Alice", { width: 1280, height: 800 });
  const bob = await join(browser, base, stream, "Bob", { width: 390, height: 844 });
  await shows(alice, "2 viewers");
  await shows(bob, "2 viewers");

  for (let i = 0; i < 3; i++) await alice.getByTitle("Like", { exact: true }).click();
  await bob.getByTitle("Love", { exact: true }).click();
  for (const page of [alice, bob]) {
    await button(page, "Like: 3").waitFor();
    await button(page, "Love: 1").waitFor();
  }
  const known = await (await fetch(`${base}/streams/${stream}`)).json();
  assert.deepEqual([known.reactions.like, known.reactions.love], [3, 1]);

  // One user watches one stream at a time: the page says so, and an EventSource stops by itself.
  await bob.evaluate((stream) => {
    window.source = new EventSource(`/streams/${stream}/events?user=Carol`);
    source.onmessage = () => (window.watching = true);
  }, stream);
  await bob.waitForFunction(() => window.watching);
  await shows(alice, "3 viewers");
  await join(browser, base, `${stream}-2`, "Alice", { width: 800, height: 600 });
  await shows(alice, "Disconnected");
  await join(browser, base, `${stream}-2`, "Carol", { width: 800, height: 600 });
  await bob.waitForFunction(() => source.readyState === EventSource.CLOSED);
  await shows(bob, "1 viewer");
  await alice.getByRole("button", { name: "Watch again" }).click();
  await shows(alice, "Connected");
  await shows(alice, "2 viewers");
  assert.deepEqual([...alice.faults, ...bob.faults], []);
} finally {
  await browser.close();
}
process.exit(0);
