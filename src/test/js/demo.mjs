// The page, and a server that says what takes hours or luck with a real one.
// usage: node demo.mjs port "the node's Content-Security-Policy"
import assert from "node:assert/strict";
import { join, launch, say, sees } from "./browser.mjs";
import { Stand } from "./stand.mjs";

const [port, policy] = process.argv.slice(2);
const EVIL = `<img src=x onerror="document.title='hacked'"><b>&amp;`;

const stand = await Stand.start(Number(port), policy);
const browser = await launch();
const shows = (page, text) => page.getByText(text, { exact: true }).waitFor();
const button = (page, name) => page.getByRole("button", { name, exact: true });
try {
  const page = await join(browser, stand.url, "s", "Alice", { width: 1280, height: 800 });

  // The count is late, and who reads it is one of them.
  stand.all({ type: "viewers", count: 0 });
  await shows(page, "1 viewer");
  stand.all({ type: "viewers", count: 12840 });
  await shows(page, "12,840 viewers");
  await page.getByText("Live", { exact: true }).waitFor({ state: "hidden" });
  stand.all({ type: "status", live: true });
  await shows(page, "Live");
  stand.all({ type: "status", live: false });
  await shows(page, "Off air");

  // Others' reactions are counted and rise; one's own rises at once, and not again when it is counted.
  await page.evaluate(() => {
    window.risen = 0;
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => (risen += addedNodes.length)))
      .observe(document.getElementById("floats"), { childList: true });
  });
  stand.reactions({ love: 3, brand_new: 2 });
  await button(page, "Love: 3").waitFor();
  await button(page, "Brand new: 2").waitFor();
  assert.equal(await page.evaluate(() => risen), 5);
  for (let i = 0; i < 3; i++) await page.getByTitle("Like", { exact: true }).click();
  await button(page, "Like: 3").waitFor();
  assert.equal(await page.evaluate(() => risen), 8);
  // What has risen is gone.
  await page.waitForFunction(() => document.getElementById("floats").childElementCount === 0);
  assert.equal(stand.totals.like, 3);

  // Whatever is written is shown as it was written.
  stand.comment(EVIL, EVIL);
  await sees(page, EVIL, EVIL);
  assert.equal(await page.locator("#comments img, #comments b b, #comments .words *").count(), 0);
  assert.doesNotMatch(await page.title(), /hacked/);
  // The server's own words are for developers.
  stand.all({ type: "error", code: "internal", detail: "Don't come back unless the user does" });
  await page.getByRole("status").filter({ hasText: "That did not work. Try again in a moment." }).waitFor();
  assert.equal(await page.getByText("Don't come back").count(), 0);

  // The connection's state until it closes for good; then the user can go on where it was.
  for (const socket of stand.viewers) socket.terminate();
  await page.locator('#state[data-state="waiting"]').waitFor();
  await shows(page, "Connected");
  for (const socket of stand.viewers) socket.close(4502, "the user watches another stream on another connection");
  await shows(page, "Disconnected");
  await page.getByText("You opened another stream in another window").waitFor();
  await page.getByLabel("Your comment").fill("typed while disconnected");
  assert.ok(await button(page, "Send").isDisabled());
  stand.comment("Carol", "said meanwhile");
  await page.getByRole("button", { name: "Watch again" }).click();
  await shows(page, "Connected");
  await sees(page, "Carol", "said meanwhile");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  await page.getByLabel("Your comment").press("Enter");
  await sees(page, "Alice", "typed while disconnected");

  // What was refused can be sent again.
  stand.refuse = () => ({ code: "forbidden", detail: "words for developers" });
  await say(page, "at first refused");
  await page.getByText("Not sent. You cannot write here at the moment.").waitFor();
  stand.refuse = () => ({ code: "banned", retry_after_ms: 600_000 });
  await button(page, "Send again").click();
  await page.getByText("Not sent. You are banned from writing here for now. You can write again in 10 minutes.").waitFor();
  stand.refuse = () => null;
  await button(page, "Send again").click();
  await sees(page, "Alice", "at first refused");

  // Every control has a name, and what is not decoration has a role.
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, textarea")]
      .filter((node) => node.checkVisibility() && !node.ariaLabel && !node.labels?.length && !node.textContent.trim())
      .map((node) => node.outerHTML));
  assert.deepEqual(nameless, []);

  // Who asked for less motion gets none.
  const calm = await join(browser, stand.url, "s", "Bob", { width: 390, height: 844 });
  await calm.emulateMedia({ reducedMotion: "reduce" });
  stand.reactions({ clap: 9 });
  await button(calm, "Clap: 9").waitFor();
  assert.equal(await calm.locator("#floats .float").count(), 0);
  const wide = await calm.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the phone`);
  assert.deepEqual([...page.faults, ...calm.faults], []);
} finally {
  await browser.close();
  stand.close();
}
process.exit(0);
