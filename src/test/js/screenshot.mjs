// Makes the README's picture: two viewers of one stream, on a desktop and on a phone.
// usage: node screenshot.mjs http://127.0.0.1:8080 ../../../docs/images/page.png
import { join, launch, say, sees } from "./browser.mjs";

const [base, file] = process.argv.slice(2);
// One that nobody has used: the page shows what was said since it came.
const stream = "main-stage";
const REACTIONS = { like: 6, love: 9, laugh: 3, wow: 2, sad: 1, clap: 7 };
const TALK = [
  ["Alice", "Good evening from Lisbon! Is the sound fine for everyone?"],
  ["Bob", "Loud and clear here in Oslo!"],
  ["Alice", "The drummer is on fire tonight"],
  ["Bob", "One more song, please"],
  ["Alice", "Encore! Encore!"],
];

const browser = await launch();
try {
  const pages = {
    Alice: await join(browser, base, stream, "Alice", { width: 1000, height: 620 }),
    Bob: await join(browser, base, stream, "Bob", { width: 390, height: 620 }),
  };
  for (const page of Object.values(pages)) await page.getByText("2 viewers").waitFor();
  for (const [user, text] of TALK) {
    await say(pages[user], text);
    for (const page of Object.values(pages)) await sees(page, user, text);
  }
  for (const [kind, count] of Object.entries(REACTIONS)) {
    const body = JSON.stringify({ user: "Bob", kind, count });
    const headers = { "content-type": "application/json" };
    await fetch(`${base}/streams/${stream}/reactions`, { method: "POST", headers, body });
  }
  // While they rise.
  for (const page of Object.values(pages)) {
    await page.getByRole("button", { name: `Clap: ${REACTIONS.clap}` }).waitFor();
    await page.waitForTimeout(700);
  }
  const shots = [];
  for (const page of Object.values(pages)) shots.push((await page.screenshot()).toString("base64"));

  const both = await browser.newPage({ viewport: { width: 980, height: 440 } });
  const images = shots.map((shot) => `<img src="data:image/png;base64,${shot}">`).join("");
  await both.setContent(
    `<style>body{margin:0;padding:13px;display:flex;gap:27px;background:#d9d6e6}
     img{height:413px;border-radius:8px;box-shadow:0 4px 18px #0004}</style>${images}`,
  );
  await both.screenshot({ path: file });
} finally {
  await browser.close();
}
