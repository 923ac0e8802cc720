// Bans and held comments on the operators' page: on a phone, and by keyboard alone.
import assert from "node:assert/strict";

const STREAM = "moderated";

/** Asks a port as a program does. */
async function ask(base, method, path, body, token) {
  const headers = { ...(body && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Presses Tab until an element has the focus, as who can't point does; it must be seen then. */
async function tabTo(page, element) {
  const focused = () => element.evaluate((it) => it === document.activeElement);
  for (let i = 0; i < 150 && !(await focused()); i++) await page.keyboard.press("Tab");
  await seen(page, element);
}

/** It has the focus, can be seen, and is large enough for a thumb. */
async function seen(page, element) {
  assert.ok(await element.evaluate((it) => it === document.activeElement && it.matches(":focus-visible")), `${element} has the focus`);
  const { x, y, width, height } = await element.boundingBox();
  const { width: w, height: h } = page.viewportSize();
  assert.ok(x >= 0 && y >= 0 && x + width <= w && y + height <= h, `${element} is in view: ${x} ${y} ${width} ${height}`);
  assert.ok(height >= 44, `${element} is ${height} px high`);
}

/** @param page the operators' page on a phone; until(what, condition) waits */
export async function moderate(page, operators, token, base, until) {
  const operate = (method, path, body) => ask(operators, method, path, body, token);
  await operate("PUT", `/admin/streams/${STREAM}/settings`, { review: true });
  for (const user of ["Troll", "Bot"]) await operate("PUT", `/admin/streams/${STREAM}/bans/${user}`, { for: "10m", reason: "tests" });
  const say = (user, text) => ask(base, "POST", `/streams/${STREAM}/comments`, { user, text });
  await until("comments to be held", async () => (await say("Probe", "?")).status === "held");
  await say("Ann", "Good words");
  await say("Ben", "Bad words");
  const held = async () => (await operate("GET", `/admin/streams/${STREAM}/held`)).held;
  await until("them to be listed", async () => (await held()).filter((it) => /words/.test(it.text)).length === 2);

  await tabTo(page, page.getByLabel("Stream", { exact: true }));
  await page.keyboard.type(STREAM);
  await page.keyboard.press("Enter");
  const row = (text) => page.locator("#held-rows li", { hasText: text });
  await row("Bad words").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the phone`);

  // Each ban that is lifted hands the focus on to the next.
  const lift = page.locator("#ban-rows button");
  for (const left of [1, 0]) {
    await tabTo(page, lift.first());
    await page.keyboard.press("Enter");
    await until(`${left} bans`, async () => (await lift.count()) === left);
    await seen(page, left ? page.locator("#ban-rows li") : page.getByLabel("Stream", { exact: true }));
  }
  await page.locator("#ban-rows", { hasText: "None." }).waitFor();
  assert.deepEqual((await operate("GET", `/admin/streams/${STREAM}/bans`)).bans, []);

  await tabTo(page, row("Good words").getByRole("button", { name: "Approve" }));
  await page.keyboard.press("Enter");
  await page.getByText("It was approved.").waitFor();
  await seen(page, row("Bad words"));
  await tabTo(page, row("Bad words").getByRole("button", { name: "Deny" }));
  await page.keyboard.press("Space");
  await page.getByText("It was denied.").waitFor();
  await until("the decisions to take effect", async () => {
    const { comments } = await ask(base, "GET", `/streams/${STREAM}/comments`);
    return comments.map((it) => it.text).join() === "Good words" && !(await held()).some((it) => /words/.test(it.text));
  });
}
