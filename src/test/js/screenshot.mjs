// Makes the README's picture: two viewers of one stream, on a desktop and on a phone.
// usage: node screenshot.mjs http://127.0.0.1:8080 ../../../docs/images/page.png
import { join, launch, say, sees } from "./browser.mjs";

const [base, file] = process.argv.slice(2);
const TALK = [
  ["Alice", "Good evening from Lisbon! Is the sound fine for everyone?"],
  ["Bob", "Loud and clear here in Oslo 👋"],
  ["Alice", "The drummer is on fire tonight"],
  ["Bob", "Second encore, please!"],
  ["Alice", "🎉🎉🎉"],
];

const browser = await launch();
try {
  const pages = {
    Alice: await join(browser, base, "main-stage", "Alice", { width: 1000, height: 620 }),
    Bob: await join(browser, base, "main-stage", "Bob", { width: 390, height: 620 }),
  };
  for (const [user, text] of TALK) {
    await say(pages[user], text);
    for (const page of Object.values(pages)) await sees(page, user, text);
  }
  for (const page of Object.values(pages)) await page.getByText("2 viewers").waitFor();
  const shots = [];
  for (const page of Object.values(pages)) shots.push((await page.screenshot()).toString("base64"));

  const both = await browser.newPage({ viewport: { width: 1470, height: 660 } });
  const images = shots.map((shot) => `<img src="data:image/png;base64,${shot}">`).join("");
  await both.setContent(
    `<style>body{margin:0;padding:20px;display:flex;gap:40px;background:#d9d6e6}
     img{border-radius:12px;box-shadow:0 4px 18px #0004}</style>${images}`,
  );
  await both.screenshot({ path: file });
} finally {
  await browser.close();
}
