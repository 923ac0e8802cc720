// The operators' page while another region is away: its lag is seen to grow, and to fall when the region is back.
// usage: node admin-lag.mjs OPERATORS REGION; prints a line at each step, and ends after the last.
import { launch } from "./browser.mjs";

const [operators, region] = process.argv.slice(2);
const browser = await launch();
try {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await page.goto(`${operators}/admin`);
  const tile = page.locator(`#region-rows [data-key="${region}"]`);
  const lag = async () => {
    const [, number, unit] = /^(\d+) (ms|s)$/.exec(await tile.locator("b").textContent()) ?? [];
    return Number(number) * (unit === "s" ? 1000 : 1);
  };
  const state = () => tile.locator("small").textContent();

  async function until(what, condition) {
    const end = Date.now() + 240_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}; now ${await lag()} ms, ${await state()}`);
      await new Promise((next) => setTimeout(next, 100));
    }
    console.log(what);
  }

  const counted = /[1-9][0-9.]*( [kM])? forwarded, \d+ dropped, \d+ duplicates/;
  await until("connected", async () => (await lag()) < 1000 && /^connected/.test(await state()) && counted.test(await state()));
  // The third line says why.
  const away = /^not connected.*\n.*\n./;
  await until("away", async () => (await lag()) >= 2000 && away.test(await state()));
  const first = await lag();
  await until("grows", async () => (await lag()) >= first + 3000);
  await until("falls", async () => (await lag()) < 1000 && (await state()).startsWith("connected"));
} finally {
  await browser.close();
}
