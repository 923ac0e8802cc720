// The page during a show: a late joiner, replies, profiles, moderators, a viewer whose network is gone.
// usage: node show.mjs port "the node's Content-Security-Policy"
import assert from "node:assert/strict";
import { button, launch, open, say, sees, tokenOf } from "./browser.mjs";
import { Stand } from "./stand.mjs";

const [port, policy] = process.argv.slice(2);
const EVIL = `<img src=x onerror="document.title='hacked'"><b>&amp;`;
const stand = await Stand.start(Number(port), policy);
const browser = await launch();
const joined = (...how) => open(browser, stand.url, ...how);
try {
  await theShow();
  await moderators();
  await offline();
  await unsent();
  await focused();
} finally {
  await browser.close();
  stand.close();
}
process.exit(0);

/** A viewer that joins late sees the last 50; replies, profiles, what is pinned, what is deleted: all as text. */
async function theShow() {
  stand.history = [];
  for (let i = 0; i < 70; i++) stand.comment("Alice", `c${i}`, `h${i}`);
  const page = await joined("user=Dora");
  await sees(page, "Alice", "c69");
  assert.equal(await page.locator("#comments .comment").count(), 50);
  const announce = (text) =>
    stand.all({ type: "event", id: `a${text}`, name: "announcement", data: { text }, at: "2026-01-01T00:00:00.000Z", offset: 1 });
  announce(EVIL);
  await page.locator("#pinned").getByText(EVIL).waitFor();
  announce("");
  await page.locator("#pinned").waitFor({ state: "hidden" });
  stand.comment("eve", "with a profile", "p1", {
    profile: { name: EVIL, avatar: "javascript:alert(1)", badges: [EVIL, {}, null], color: "red;position:fixed" },
    meta: { html: EVIL }, reply_to: "h69",
  });
  await page.getByText("with a profile").waitFor();
  assert.equal(await page.locator(".comment").last().locator("img").count(), 0);
  assert.equal(await page.locator(".quote").last().textContent(), "Alice: c69");
  for (const profile of [null, 7, [], { name: {} }, { badges: "VIP", avatar: {} }]) {
    stand.comment("eve", `profile ${JSON.stringify(profile)}`, undefined, { profile });
    await page.getByText(`profile ${JSON.stringify(profile)}`).waitFor();
  }
  const avatars = [
    "https://pictures.example/a.png?size=34", "/icon.svg", "//pictures.example/a.png", "/\\pictures.example/a.png",
    "/\t/pictures.example/a.png", "http://pictures.example/a.png", "/streams/s1/events?user=eve", "https:icon.svg", "https://", 7,
  ];
  const shown = await page.evaluate(async (all) => {
    const { isPicture } = await import("./comments.js");
    return all.filter(isPicture);
  }, avatars);
  assert.deepEqual(shown, avatars.slice(0, 2));
  stand.comment("Bob", "has a picture", "p2", { profile: { avatar: "/icon.svg" } });
  await page.locator('.comment img[src="/icon.svg"]').waitFor();
  await page.getByRole("button", { name: "More about Bob's comment" }).click();
  await button(page, "Reply").click();
  await say(page, "An answer");
  await page.locator(".quote").filter({ hasText: "Bob: has a picture" }).waitFor();
  assert.equal(stand.history.at(-1).reply_to, "p2");
  stand.all({ type: "deleted", id: "p2", user: "Bob", offset: ++stand.offset });
  await page.getByText("has a picture", { exact: true }).waitFor({ state: "detached" });
  stand.all({ type: "purged", user: "eve", offset: ++stand.offset });
  await page.getByText("with a profile").waitFor({ state: "detached" });
  stand.all({ type: "settings", read_only: true });
  await page.getByText("Only the hosts can write at the moment.").waitFor();
  assert.ok(await page.getByLabel("Your comment").evaluate((text) => text.readOnly));
  await page.close();
}

/** A token in the address signs in, and does not stay there; with the role come the tools. */
async function moderators() {
  const token = tokenOf({ sub: "Mona", role: "moderator" });
  const page = await joined(`#token=${token}`);
  assert.doesNotMatch(page.url(), /token/);
  const { token: sent, user } = stand.watches.at(-1);
  assert.deepEqual([sent, user], [token, "Mona"]);
  stand.comment("mallory", "Buy now", "e/1");
  await sees(page, "mallory", "Buy now");
  const choose = async (name) => {
    await page.getByRole("button", { name: "More about mallory's comment" }).last().click();
    await button(page, name).click();
  };
  await choose("Delete");
  await page.getByText("Deleted.").waitFor();
  await choose("Ban mallory for 10 minutes");
  await page.getByText("mallory is banned for 10 minutes.").waitFor();
  stand.all({ type: "held", id: "h1", user: "mallory", text: "A link", why: "links" });
  await page.getByRole("button", { name: "Moderate 1" }).click();
  stand.all({ type: "held", id: "h2", user: "mallory", text: "Another", why: "words" });
  await page.getByText("Held: words").waitFor();
  stand.all({ type: "held", id: "h2", user: "mallory", text: "Another", why: "words", status: "denied" });
  await page.getByText("Held: words").waitFor({ state: "detached" });
  await button(page, "Approve").click();
  await page.getByLabel("Slow mode").fill("5");
  await button(page, "Save").click();
  await page.getByText("The settings are in effect.").waitFor();
  assert.ok(stand.calls.every((call) => call.token === `Bearer ${token}`));
  assert.deepEqual(stand.calls.filter(({ method }) => method !== "GET").map(({ method, url, body }) => [method, url, body]), [
    ["DELETE", "/streams/s/comments/e%2F1?user=mallory", ""],
    ["PUT", "/streams/s/bans/mallory", { for: "10m" }],
    ["POST", "/streams/s/held/h1", { action: "approve", user: "mallory", text: "A link" }],
    ["PUT", "/streams/s/settings", { slow_mode: "5s", max_text: 500, read_only: false, links: true, review: false }],
  ]);
  await page.close();
  const nobody = await joined("user=Nora");
  await nobody.getByRole("button", { name: "More about mallory's comment" }).last().click();
  await button(nobody, "Report").click();
  await nobody.getByText("Reported. Thank you.").waitFor();
  assert.deepEqual(stand.calls.at(-1).body, { user: "Nora", author: "mallory", reason: "reported on the page" });
  await nobody.getByRole("button", { name: "More about mallory's comment" }).last().click();
  await button(nobody, "Report").waitFor();
  assert.equal(await button(nobody, "Delete").count() + await nobody.getByRole("button", { name: /Moderate/ }).count(), 0);
  await nobody.close();
}

/** Without a network nothing asks to go first, one can try now, and what was typed gets there. */
async function offline() {
  stand.history = [];
  const page = await joined("user=Otto");
  await page.context().setOffline(true);
  for (const socket of stand.viewers) socket.terminate();
  await page.locator('#state[data-state="waiting"]').waitFor();
  assert.equal(await page.getByText("Write the first one").count(), 0);
  await say(page, "typed offline");
  await button(page, "Try now").waitFor();
  await page.context().setOffline(false);
  await sees(page, "Otto", "typed offline");
  await page.getByLabel("Your comment").fill("a draft");
  await page.reload();
  await button(page, "Join").click();
  await page.waitForFunction(() => document.getElementById("text").value === "a draft");
  await page.close();
}

/** What had no answer when the page was reloaded is sent again under its id; what was refused, by its button. */
async function unsent() {
  stand.history = [];
  const page = await joined("user=Uma");
  const text = page.getByLabel("Your comment");
  stand.deaf = true;
  stand.ids = [];
  await text.fill("sent before the reload");
  await button(page, "Send").click();
  await page.locator(".comment.waiting").waitFor();
  while (stand.ids.length === 0) await page.waitForTimeout(20);
  const [id] = stand.ids.splice(0);
  await page.reload();
  await button(page, "Join").click();
  await page.locator(".comment.waiting").waitFor();
  assert.equal(await text.inputValue(), "", "what was sent is no draft");
  stand.deaf = false;
  for (const socket of stand.viewers) socket.terminate();
  await sees(page, "Uma", "sent before the reload");
  assert.deepEqual([...new Set(stand.ids)], [id], "under the same id");
  for (const [code, same] of [["timeout", true], ["conflict", false]]) {
    stand.ids = [];
    stand.refuse = () => ({ code });
    await say(page, `first ${code}`);
    await page.locator(".comment.failed").waitFor();
    stand.refuse = () => null;
    await button(page, "Send again").click();
    await sees(page, "Uma", `first ${code}`);
    assert.equal(new Set(stand.ids).size, same ? 1 : 2, code);
  }
  stand.refuse = () => ({ code: "timeout" });
  await say(page, "late");
  await page.locator(".comment.failed").waitFor();
  stand.refuse = () => null;
  stand.comment("Uma", "late", stand.ids.at(-1));
  await sees(page, "Uma", "late");
  assert.equal(await page.locator(".comment.failed").count(), 0, "it has appeared");
  await page.reload();
  await button(page, "Join").click();
  await sees(page, "Uma", "late");
  assert.equal(await page.locator(".comment.waiting").count(), 0);
  await page.close();
}

/** What is pressed may go away or be disabled: the focus, and a phone's keyboard, stays. */
async function focused() {
  stand.history = [];
  const page = await joined("user=Fay", { width: 390, height: 844 });
  const active = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
  const text = page.getByLabel("Your comment");
  await text.fill("by the button");
  await text.evaluate((field) => field.addEventListener("blur", () => (window.blurred = true)));
  await button(page, "Send").click();
  await sees(page, "Fay", "by the button");
  assert.deepEqual([await active(), await page.evaluate(() => !!window.blurred)], ["text", false]);
  await text.fill("by the keyboard");
  await button(page, "Send").focus();
  await page.keyboard.press("Space");
  await sees(page, "Fay", "by the keyboard");
  assert.equal(await active(), "text");
  await text.fill("more");
  await button(page, "Send").focus();
  stand.all({ type: "settings", read_only: true });
  await page.getByText("Only the hosts can write at the moment.").waitFor();
  assert.equal(await active(), "text");
  stand.all({ type: "settings" });
  await page.waitForFunction(() => !document.getElementById("text").readOnly);
  stand.deaf = true;
  await say(page, "looked at while it is sent");
  await page.locator(".comment.waiting .more").focus();
  stand.comment("Fay", "looked at while it is sent", stand.ids.at(-1));
  await sees(page, "Fay", "looked at while it is sent");
  assert.equal(await active(), "feed");
  stand.deaf = false;
  await page.getByRole("button", { name: "More about Fay's comment" }).first().click();
  stand.all({ type: "purged", user: "Fay", offset: ++stand.offset });
  await page.waitForFunction(() => !document.querySelector(".comment"));
  await button(page, "Cancel").click();
  await page.waitForFunction(() => document.activeElement.id === "feed");
  await page.context().setOffline(true);
  for (const socket of stand.viewers) socket.terminate();
  const after = await page.waitForFunction(() => {
    const now = document.getElementById("now");
    if (now.hidden) return "";
    now.focus();
    now.click();
    return document.activeElement.id;
  });
  assert.equal(await after.jsonValue(), "feed");
  await page.close();
}
