// Writes docs/pictures, as nothing moves in them: `node run.js pictures http://ADDRESS`.

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { control } from "../merchant.js";
import { live, row } from "../page.js";

const PICTURES = join(dirname(fileURLToPath(import.meta.url)), "../../../../docs/pictures");

async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: "disabled" });
}

export default async function pictures({ base, browser, merchant, callbacks }) {
  const page = await browser.page(base);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await control(base, "POST", "reset");
  const day = [["46733123999", "12.50"], ["46711220145", "40"], ["46733123451", "8.75"], ["46733410077", "120"], ["46711220388", "22.25"], ["46733123999", "3.40"]];
  let lost = null;
  for (const [party, amount] of day) {
    const reference = await merchant.pay(party, { amount, callback: callbacks.url });
    await merchant.wait(reference, { status: party === "46733123451" ? "FAILED" : "SUCCESSFUL" });
    if (party === "46711220145") lost = reference;
  }
  await merchant.pay("46700123456", { amount: "75", callback: callbacks.url });
  await page.goto("about:blank");
  await page.goto(`${base}/_sandbox/`);
  await live(page);
  await page.locator("#phone .what").getByText("75.00 EUR").waitFor();
  await row(page, lost).waitFor();
  await picture(page, "list");
  await page.setViewportSize({ width: 700, height: 700 });
  await page.goto(`${base}/_sandbox/#handset`);
  await picture(page, "handset");
  await page.setViewportSize({ width: 1360, height: 860 });
  await control(base, "POST", "clock/advance", { by: "5m" });
  await merchant.status(lost);
  await page.goto(`${base}/_sandbox/#payment/${lost}/${merchant.user}`);
  await page.locator("#time-line svg").getByText("told SUCCESSFUL").waitFor();
  await picture(page, "missed-callback");
  await page.goto(`${base}/_sandbox/#audit`);
  await page.locator('.headline[data-verdict="fail"]').waitFor();
  await picture(page, "audit");
}
