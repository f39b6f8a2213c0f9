// Who cannot see it, or cannot use a mouse: axe in all views, both languages, light and dark, on
// screens of four widths.

import assert from "node:assert/strict";
import { faultsOfAccess } from "../browser.js";
import { LANGUAGES, SCHEMES, WIDTHS, allViews, firstMinute, openView } from "../views.js";

const HEIGHT = 900;

export default async function access({ base, browser, check, merchant, callbacks, start }) {
  const views = await allViews({ base, merchant, callbacks }, true);
  const first = await firstMinute(browser, start);
  const page = await browser.page(base, { refusals: [404] });
  const places = [...Object.entries(views).map(([view, place]) => ({ view, page, base, place })), { view: "first minute", ...first }];
  for (const language of LANGUAGES) {
    for (const colorScheme of SCHEMES) {
      await check(`axe finds no serious fault: ${language}, ${colorScheme}`, async () => {
        const faults = [];
        for (const { view, page, base, place } of places) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await openView(page, base, place, language);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: HEIGHT });
            for (const fault of await faultsOfAccess(page)) faults.push(`${view}, ${width} pixels: ${fault}`);
          }
        }
        assert.deepEqual(faults, []);
      });
    }
  }

  await check("axe finds no serious fault in the menu and in the dialogs", async () => {
    const faults = [];
    await page.setViewportSize({ width: 390, height: HEIGHT });
    await openView(page, base, views.payments);
    await page.locator("#menu").click();
    for (const fault of await faultsOfAccess(page)) faults.push(`menu: ${fault}`);
    for (const name of ["keys", "reset"]) {
      await page.locator(`#${name}`).click();
      for (const fault of await faultsOfAccess(page)) faults.push(`${name}: ${fault}`);
      await page.keyboard.press("Escape");
    }
    assert.deepEqual(faults, []);
  });
}
