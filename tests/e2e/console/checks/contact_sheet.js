// A contact sheet to look at: all views, in both languages, light and dark, on a screen and on a
// telephone. `CONSOLE_SHEET=FOLDER node run.js contact_sheet http://ADDRESS`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LANGUAGES, SCHEMES, allViews, openView } from "../views.js";

const SIZES = { 1440: 900, 390: 844 };

const cell = (name, picture, width) =>
  `<figure><img src="data:image/png;base64,${picture.toString("base64")}" width="${width}"><figcaption>${name}</figcaption></figure>`;

const sheet = (cells) => `<!doctype html><title>Contact sheet</title>
<style>body{display:flex;flex-wrap:wrap;gap:12px;align-items:start;font:12px sans-serif;width:2000px}figure{margin:0}</style>${cells.join("\n")}`;

export default async function contactSheet({ base, browser, merchant, callbacks }) {
  const folder = process.env.CONSOLE_SHEET;
  if (!folder) throw new Error("set CONSOLE_SHEET to the folder where the pictures shall lie");
  mkdirSync(folder, { recursive: true });
  const views = await allViews({ base, merchant, callbacks });
  const page = await browser.page(base, { refusals: [404] });
  for (const [width, height] of Object.entries(SIZES)) {
    const cells = [];
    await page.setViewportSize({ width: Number(width), height });
    for (const [view, place] of Object.entries(views)) {
      for (const language of LANGUAGES) {
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await openView(page, base, place, language);
          await page.waitForTimeout(300);
          const name = `${view.replace(/\W+/g, "-")}-${language}-${colorScheme}-${width}`;
          const picture = await page.screenshot({ animations: "disabled", fullPage: true });
          writeFileSync(join(folder, `${name}.png`), picture);
          cells.push(cell(name, picture, width === "390" ? 190 : 480));
        }
      }
    }
    writeFileSync(join(folder, `sheet-${width}.html`), sheet(cells));
    const whole = await browser.page("null");
    await whole.setViewportSize({ width: 2020, height: 1000 });
    await whole.setContent(sheet(cells));
    await whole.screenshot({ path: join(folder, `sheet-${width}.png`), fullPage: true });
    await whole.close();
  }
  console.log(`  ${folder}/sheet-1440.png, ${folder}/sheet-390.png`);
}
