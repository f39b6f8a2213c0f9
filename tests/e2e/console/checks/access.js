// Who cannot see it, or cannot use a mouse: axe in all views, both languages, light and dark, on
// screens of four widths.

import assert from "node:assert/strict";
import { faultsOfAccess } from "../browser.js";
import { LANGUAGES, SCHEMES, WIDTHS, allViews, firstMinute, openView } from "../views.js";

const HEIGHT = 900;

export default async function access({ base, browser, check, merchant, callbacks, start }) {
  const views = await allViews({ base, merchant, callbacks }, true);
  const first = await firstMinute(browser, start);
  const places = [...Object.entries(views).map(([view, place]) => ({ view, base, place })), { view: "first minute", ...first }];
  const page = await browser.page(base, { refusals: [404] });
  // Light and dark side by side. The language is that of the whole browser.
  const pages = [page, await browser.page(base, { refusals: [404] })];
  const firstPages = [first.page, await browser.page(first.base)];

  async function look(colorScheme, at, language) {
    const faults = [];
    for (const { view, base, place } of places) {
      const shown = base === first.base ? firstPages[at] : pages[at];
      await shown.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await openView(shown, base, place, language);
      for (const width of WIDTHS) {
        await shown.setViewportSize({ width, height: HEIGHT });
        for (const fault of await faultsOfAccess(shown)) faults.push(`${view}, ${colorScheme}, ${width} pixels: ${fault}`);
      }
    }
    return faults;
  }

  for (const language of LANGUAGES) {
    await check(`axe finds no serious fault, light and dark: ${language}`, async () => {
      const faults = await Promise.all(SCHEMES.map((colorScheme, at) => look(colorScheme, at, language)));
      assert.deepEqual(faults.flat(), []);
    });
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
