// The operators' page: a dead letter is read, sent back and handled, a node is drained while its viewers move,
// and a moderator uses a keyboard.
// usage: node admin.mjs OPERATORS TOKEN PAGE NODE TEXT [SCREENSHOTS]
import assert from "node:assert/strict";
import { moderate } from "./admin-keyboard.mjs";
import { join, launch, sees, say } from "./browser.mjs";

const [operators, token, base, drained, text, pictures] = process.argv.slice(2);
const STREAM = "admin";
const VIEWERS = 4;

/** A page of operators; nothing may come from elsewhere, and nothing may fail. */
async function operator(browser, viewport, colorScheme) {
  const page = await (await browser.newContext({ viewport, colorScheme })).newPage();
  page.faults = [];
  page.on("pageerror", (e) => page.faults.push(e.message));
  page.on("console", (m) => m.type() === "error" && page.faults.push(m.text()));
  page.on("request", (r) => new URL(r.url()).origin !== operators && page.faults.push(`asked for ${r.url()}`));
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(`${operators}/admin`);
  await page.locator("#token").fill(token);
  // The browser itself calls the refusal that made the page ask an error.
  page.faults = page.faults.filter((fault) => !fault.includes("401 (Unauthorized)"));
  await page.locator("#token").press("Enter");
  await page.locator('#state[data-state="open"]').waitFor();
  return page;
}

const row = (page, node) => page.locator(`#node-rows tr[data-key="${node}"]`);
const viewers = async (page, node) => Number(await row(page, node).locator("td").nth(1).textContent());

async function until(what, condition) {
  const end = Date.now() + 40_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

const browser = await launch();
try {
  const page = await operator(browser, { width: 1280, height: 900 }, "light");
  const crowd = [];
  for (let i = 0; i < VIEWERS; i++) crowd.push(await join(browser, base, STREAM, `Viewer${i}`, { width: 390, height: 844 }));
  await page.locator("#stream-rows tr", { hasText: STREAM }).waitFor();

  // A dead letter: read, sent back, handled. What it says is only ever text.
  await page.getByRole("button", { name: "Show", exact: true }).first().click();
  const letter = page.locator("#letter-rows li", { hasText: "it ended three processes" });
  await letter.locator("summary").click();
  await letter.locator("pre", { hasText: text }).waitFor();
  assert.equal(await page.locator("#letter-rows b", { hasText: /^&/ }).count(), 0);
  if (pictures) await page.screenshot({ path: `${pictures}/admin.png`, fullPage: true });
  await letter.getByRole("button", { name: "Send back" }).click();
  await page.getByText("It was sent back to its queue.").waitFor();
  for (const viewer of crowd) await sees(viewer, "ghost", text);

  // A test comment, by keyboard.
  await page.getByLabel("Stream", { exact: true }).fill(STREAM);
  await page.getByLabel("Test comment").fill("Testing");
  await page.keyboard.press("Enter");
  await page.locator("#stream-state", { hasText: "Accepted as" }).waitFor();
  for (const viewer of crowd) await sees(viewer, "operator", "Testing");

  // What that cost each second shows beside the stream's viewers, and the stream is opened by keyboard.
  const cells = async () => (await page.locator("#stream-rows tr", { hasText: STREAM }).locator(".n").allTextContents()).map(Number);
  await until("the stream's rates", async () => {
    await page.getByLabel("Test comment").press("Enter");
    const [watching, events, deliveries] = await cells();
    return events > 0 && Math.abs(deliveries / events - watching) < 0.5;
  });
  const name = page.locator("#stream-rows").getByRole("button", { name: STREAM });
  await page.getByLabel("Stream", { exact: true }).fill("another");
  await name.focus();
  await until("the rate to fall", async () => (await cells())[1] === 0);
  await page.keyboard.press("Enter");
  await until("the stream to be shown", async () => (await page.getByLabel("Stream", { exact: true }).inputValue()) === STREAM);

  // A node is drained: its viewers move, none misses a comment, and the page shows it.
  await until("viewers on both nodes", async () => (await page.locator("#node-rows tr").count()) === 2);
  await row(page, drained).getByRole("button", { name: /^Drain/ }).click();
  await row(page, drained).getByText("drain").first().waitFor();
  await until("its viewers to leave", async () => (await viewers(page, drained)) === 0);
  await row(page, drained).getByText("drained", { exact: true }).waitFor();
  for (const viewer of crowd) await viewer.getByText("Connected", { exact: true }).waitFor();
  await say(crowd[0], "All here");
  for (const viewer of crowd) await sees(viewer, "Viewer0", "All here");
  const other = page.locator(`#node-rows tr:not([data-key="${drained}"]) td`).nth(1);
  await until("them to be on the other", async () => Number(await other.textContent()) === VIEWERS);

  // On a phone, in the dark.
  const phone = await operator(browser, { width: 390, height: 844 }, "dark");
  await phone.locator("#node-rows tr").nth(1).waitFor();
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the phone`);
  if (pictures) await phone.screenshot({ path: `${pictures}/phone.png`, fullPage: true });
  await moderate(phone, operators, token, base, until);
  assert.deepEqual([...page.faults, ...phone.faults], []);
} finally {
  await browser.close();
}
