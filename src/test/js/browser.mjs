// Viewers in a real browser, on the page a stranger opens.
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with a fresh profile; CHROMIUM names another binary than Debian's. */
export function launch(more) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: FLAGS, ...more });
}

/** Opens the page in a profile of its own and joins a stream by filling in the form. */
export async function join(browser, base, stream, user, viewport) {
  const context = await browser.newContext({ viewport, colorScheme: "light" });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (e) => page.faults.push(`${user}: ${e.message}`));
  page.on("console", (m) => m.type() === "error" && page.faults.push(`${user}: ${m.text()}`));
  page.on("request", (request) => {
    // Nothing may come from anywhere but the node itself.
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(base).host)
      page.faults.push(`${user}: asked for ${request.url()}`);
  });
  await page.goto(base);
  await page.getByLabel("Stream", { exact: true }).fill(stream);
  await page.getByLabel("Your name").fill(user);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByText("Connected", { exact: true }).waitFor();
  return page;
}

/** Says something by typing it. */
export async function say(page, text) {
  await page.getByLabel("Your comment").fill(text);
  await page.getByLabel("Your comment").press("Enter");
}

/** Waits until the comment is on the page, exactly once, and not merely as one's own draft. */
export async function sees(page, user, text) {
  const comment = page
    .locator("#comments > li.comment:not(.waiting):not(.failed)")
    .filter({ has: page.locator(".name", { hasText: user }) })
    .filter({ has: page.locator(".words", { hasText: text }) });
  // One's own draft goes a frame before the comment comes.
  let count = 0;
  while (count === 0) {
    await comment.first().waitFor();
    count = await comment.count();
  }
  if (count > 1) throw new Error(`"${text}" is there ${count} times`);
}

/** Opens the page as by a link. */
export async function open(browser, base, query, viewport = { width: 1280, height: 800 }, colorScheme = "light") {
  const page = await (await browser.newContext({ viewport, colorScheme })).newPage();
  await page.goto(`${base}/?stream=s&${query}`);
  await page.locator('#state[data-state="open"]').waitFor({ state: "attached" });
  return page;
}

/** A button by its whole name. */
export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** A token as the page reads it; its signature is the server's business. */
export function tokenOf(claims) {
  return `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
}
