// Writes docs/pictures, light and dark, as nothing moves in them: `node run.js pictures http://ADDRESS`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { control } from "../merchant.js";
import { PICTURES, TAKEN_OF, printOf } from "../pictures.js";
import { live, row } from "../page.js";

const SCHEMES = { light: "", dark: "-dark" };
const WIDE = { width: 1360, height: 860 };
const NARROW = { width: 700, height: 700 };

// A morning of a shop: the callback of one payment is lost, and one payer is asked.
async function morning(base, merchant, callbacks) {
  await control(base, "POST", "reset");
  const day = [["46733123999", "12.50"], ["46711220145", "40"], ["46733123451", "8.75"], ["46733410077", "120"], ["46711220388", "22.25"], ["46733123999", "3.40"]];
  let lost = null;
  for (const [party, amount] of day) {
    const reference = await merchant.pay(party, { amount, callback: callbacks.url });
    await merchant.wait(reference, { status: party === "46733123451" ? "FAILED" : "SUCCESSFUL" });
    if (party === "46711220145") lost = reference;
  }
  await merchant.pay("46700123456", { amount: "75", callback: callbacks.url });
  return lost;
}

export default async function pictures({ base, browser, merchant, callbacks }) {
  mkdirSync(PICTURES, { recursive: true });
  const lost = await morning(base, merchant, callbacks);
  const page = await browser.page(base);
  const taken = async (name, size, hash, isReady) => {
    await page.setViewportSize(size);
    for (const [colorScheme, ending] of Object.entries(SCHEMES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto("about:blank");
      await page.goto(`${base}/_sandbox/${hash}`);
      await live(page);
      await isReady();
      await page.screenshot({ path: join(PICTURES, `${name}${ending}.png`), animations: "disabled" });
    }
  };
  const phone = page.locator("#phone .what").getByText("75.00 EUR");
  await taken("list", WIDE, "", async () => {
    await row(page, lost).waitFor();
    await phone.waitFor();
  });
  await taken("handset", NARROW, "#handset", () => phone.waitFor());
  await control(base, "POST", "clock/advance", { by: "5m" });
  await merchant.status(lost);
  await taken("missed-callback", WIDE, `#payment/${lost}/${merchant.user}`, () =>
    page.locator("#time-line svg").getByText("told SUCCESSFUL").first().waitFor());
  await taken("audit", WIDE, "#audit", () => page.locator('.headline[data-verdict="fail"]').waitFor());
  writeFileSync(TAKEN_OF, `${await printOf(base)}\n`);
}
