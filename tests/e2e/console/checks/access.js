// Who cannot see it, or cannot use a mouse: axe in all views, both languages, light and dark.

import assert from "node:assert/strict";
import { faultsOfAccess } from "../browser.js";
import { live } from "../page.js";

export default async function access({ base, browser, check, merchant, callbacks }) {
  await check("axe finds no serious fault, in light and dark, in both languages", async () => {
    await merchant.pay("46733123999", { callback: callbacks.url });
    await merchant.payInVain("46733123999", 401, { Authorization: "Bearer nobody" });
    const lost = await merchant.pay("46711000003", { callback: callbacks.url });
    await merchant.wait(lost, { callback: "lost" });
    for (const colorScheme of ["light", "dark"]) {
      const other = await browser.context.newPage();
      await other.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const language of ["en", "fr"]) {
        for (const view of ["payments", "handset", "requests", "callbacks", "audit", "scenario", `payment/${lost}/${merchant.user}`]) {
          await other.goto("about:blank");
          await other.goto(`${base}/_sandbox/#${view}`);
          await live(other);
          if ((await other.locator("#language").inputValue()) !== language) {
            await Promise.all([other.waitForEvent("load"), other.locator("#language").selectOption(language)]);
            await live(other);
          }
          assert.equal(await other.evaluate(() => document.documentElement.lang), language);
          assert.deepEqual(await faultsOfAccess(other), [], `${view}, ${colorScheme}, ${language}`);
        }
      }
      await other.evaluate(() => localStorage.clear());
      await other.close();
    }
  });
}
