// The page in a storm of comments, on small screens, and for who cannot see or point.
// usage: node screens.mjs port "the node's Content-Security-Policy"
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { button, launch, open, sees, tokenOf } from "./browser.mjs";
import { Stand } from "./stand.mjs";

const [port, policy] = process.argv.slice(2);
const stand = await Stand.start(Number(port), policy);
const browser = await launch();
const joined = (...how) => open(browser, stand.url, ...how);
try {
  await storm();
  await pointed();
  await tall();
  await phones();
  for (const scheme of ["light", "dark"]) await accessible(scheme);
} finally {
  await browser.close();
  stand.close();
}
process.exit(0);

/** 500 comments in a second, for two: a bounded list, seldom a layout, still while one reads further up. */
async function storm() {
  const page = await joined("user=Sam");
  await page.evaluate(() => {
    window.batches = 0;
    new MutationObserver(() => batches++).observe(document.getElementById("comments"), { childList: true });
  });
  const send = async (seconds) => {
    for (let i = 0; i < seconds * 20; i++) {
      for (let j = 0; j < 25; j++) stand.comment(`u${j}`, `storm ${i} ${j}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  await send(2);
  stand.comment("Alice", "the last of the storm");
  await sees(page, "Alice", "the last of the storm");
  assert.equal(await page.locator("#comments > li").count(), 200);
  assert.ok((await page.evaluate(() => window.batches)) < 250, "one batch per frame");
  assert.equal(await page.locator("#log").getAttribute("aria-live"), "off");
  await page.locator("#feed").evaluate((feed) => (feed.scrollTop = 100));
  await page.waitForTimeout(100);
  const first = await page.locator("#comments > li").first().textContent();
  await send(1);
  assert.equal(await page.locator("#comments > li").first().textContent(), first, "nothing moves under who reads");
  await page.getByRole("button", { name: "500 new comments" }).click();
  await page.getByText("301 comments are not shown here.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "feed");
  const below = await page.locator("#feed").evaluate((feed) => feed.scrollHeight - feed.scrollTop - feed.clientHeight);
  assert.ok(below < 2);
  // The feed becomes lower in the moment in which something is drawn, as by a hint above it: nobody scrolled away.
  await page.locator("#feed").evaluate((feed) => {
    const more = document.createElement("li");
    more.style.height = "100px";
    document.getElementById("comments").append(more);
    feed.scrollTop = feed.scrollHeight;
    feed.style.maxHeight = `${feed.clientHeight - 200}px`;
  });
  await page.waitForTimeout(100);
  stand.comment("Alice", "below the hint");
  await sees(page, "Alice", "below the hint");
  await page.close();
}

/** Where the page is in a storm that goes on: counted, since a machine may be slow. */
async function watched(page) {
  await page.evaluate(() => {
    const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data").get;
    const number = (text) => Number(/storm (\d+)/.exec(text)?.[1] ?? -1);
    const now = (window.storm = { received: -1, shown: -1, behind: 0, frames: 0 });
    Object.defineProperty(MessageEvent.prototype, "data", {
      get() {
        const text = data.call(this);
        now.received = Math.max(now.received, number(text));
        return text;
      },
    });
    let before = -1;
    const look = () => {
      now.shown = number(document.querySelector("#comments > li:last-child .words")?.textContent);
      // What had come before the last frame was drawn in it.
      if (!now.over) now.behind = Math.max(now.behind, before - now.shown);
      now.frames++;
      before = now.received;
      window.got(before);
      requestAnimationFrame(look);
    };
    look();
  });
}

/** While the mouse is over the list, a storm moves nothing there; what is new is counted, and comes when the mouse has left. */
async function pointed() {
  stand.history = [];
  const page = await joined("user=Tom");
  const feed = await page.locator("#feed").boundingBox();
  await page.mouse.move(feed.x + 200, feed.y + 200);
  stand.comment("Alice", "it is calm");
  await sees(page, "Alice", "it is calm");
  await page.mouse.move(feed.x + 200, 5);
  let sent = 0;
  let received = -1;
  let over = false;
  await page.exposeFunction("got", (number) => (received = number));
  await watched(page);
  const storm = (async () => {
    while (!over) {
      // A machine that is slower than that gets fewer, so that nothing piles up.
      if (sent - received < 100) for (let j = 0; j < 25; j++) stand.comment(`u${j}`, `storm ${sent++}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  })();
  await page.waitForFunction(() => window.storm.shown >= 200 && document.querySelector("#comments.busy"));
  const { behind, frames } = await page.evaluate(() => {
    storm.over = true;
    return storm;
  });
  assert.ok(frames > 2);
  assert.equal(behind, 0, "each frame shows all that came before the last one");

  await page.mouse.move(feed.x + 200, feed.y + 200);
  const unseen = () => page.locator("#newer").evaluate((node) => (node.hidden ? 0 : parseInt(node.textContent.replace(/\D/g, ""), 10)));
  const atLeast = (count) => page.waitForFunction((count) => parseInt(document.getElementById("newer").textContent.replace(/\D/g, ""), 10) >= count, count);
  await atLeast(1);
  const rows = () => page.locator("#comments > li").evaluateAll((all) => all.map((one) => one.textContent + one.getBoundingClientRect().y));
  const still = await rows();
  const first = await unseen();
  await atLeast(first + 100);
  assert.deepEqual(await rows(), still, "nothing moves under the pointer");

  await page.mouse.move(feed.x + 200, 5);
  await page.waitForFunction(() => document.getElementById("newer").hidden);
  await page.waitForFunction((last) => Number(/storm (\d+)/.exec(document.querySelector("#comments > li:last-child").textContent)?.[1]) > last, sent);
  over = true;
  await storm;
  await sees(page, `u${(sent - 1) % 25}`, `storm ${sent - 1}`);
  assert.equal(await page.locator("#comments > li").count(), 200);
  await page.close();
}

/** One comment does not take the screen from the others: neither by lines nor by marks. */
async function tall() {
  const page = await joined("user=Tia", { width: 390, height: 844 });
  const marks = "\u0301\u0316\u0489".repeat(60);
  for (const [user, text, seen] of [
    ["Newline", `first${"\n".repeat(490)}last`, "first\n\nlast"],
    ["Lines", "x\n".repeat(249) + "end", `${"x\n".repeat(11)}${"x ".repeat(238)}end`],
    ["Breaks", `a\u2028b\r\nc\u0085d\re`, "a\nb\nc\nd\ne"],
    ["Spaces", ` \n \n \n up\n \t\n\n down \n`, "up\n \t\n down"],
    [`M${marks}`, `Z${marks} end`, `Z${marks} end`],
  ]) {
    stand.comment(user, text);
    const item = page.locator("#comments > li").filter({ has: page.locator(".name", { hasText: user }) });
    await item.waitFor();
    assert.equal(await item.locator(".words").textContent(), seen);
    const box = await item.boundingBox();
    assert.ok(box.height < 700 && box.width <= 390, `${user}: ${JSON.stringify(box)}`);
    for (const part of [".words", ".who"]) {
      assert.match(await item.locator(part).evaluate((node) => getComputedStyle(node).overflowY), /clip|hidden/, part);
    }
  }
  await page.close();
}

/** With the keyboard up, the newest comment and the input are in sight. */
async function phones() {
  for (const [width, height] of [[390, 440], [667, 190], [320, 568]]) {
    const page = await joined("user=Pia", { width, height });
    stand.comment("Alice", `newest at ${width}`);
    await sees(page, "Alice", `newest at ${width}`);
    await page.waitForTimeout(300);
    for (const locator of [page.getByText(`newest at ${width}`), page.getByLabel("Your comment")]) {
      const box = await locator.boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= height, `${width} × ${height}: ${JSON.stringify(box)}`);
      const seen = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)?.id || document.elementFromPoint(x, y)?.className, [box.x + 9, box.y + box.height / 2]);
      assert.match(seen, /text|words/);
    }
    const { scrollWidth, scrollHeight } = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { scrollWidth, scrollHeight };
    });
    assert.ok(scrollWidth <= width && scrollHeight <= height, `${scrollWidth} × ${scrollHeight}`);
    await page.close();
  }
}

/** An axe run finds nothing serious: in the room with every hue, a reply, a notice; in the form; in the dialog. */
async function accessible(scheme) {
  const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  const serious = async (page) => {
    await page.evaluate(axe);
    await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect.getTiming().iterations < 99).map((one) => one.finished)));
    const { violations } = await page.evaluate(() => axe.run());
    const found = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(found.map(({ id, nodes }) => [scheme, id, nodes[0].html, nodes[0].failureSummary]), []);
  };
  stand.history = [];
  for (let i = 0; i < 24; i++) {
    const color = `#${[0, 120, 240].map((shift) => Math.round(127.5 + 127.5 * Math.cos(((i * 15 + shift) * Math.PI) / 180)).toString(16).padStart(2, "0")).join("")}`;
    stand.comment(`u${i}`, `hue ${i}`, `hue${i}`, { profile: { color, badges: ["VIP"] }, reply_to: "hue0" });
  }
  const page = await joined(`user=u3#token=${tokenOf({ sub: "u3", role: "moderator" })}`, undefined, scheme);
  await page.getByText("hue 23").waitFor();
  stand.all({ type: "settings", slow_mode_ms: 5000 });
  stand.all({ type: "event", id: "e", name: "announcement", data: { text: "Pinned" }, at: "2026-01-01T00:00:00.000Z", offset: 2 });
  stand.all({ type: "error", code: "busy" });
  await page.getByText("Too much is going on").waitFor();
  await serious(page);
  await page.getByRole("button", { name: /Moderate/ }).click();
  await serious(page);
  await button(page, "Close").click();
  await button(page, "Change stream").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "stream");
  await serious(page);
  await page.close();
}
