// Many tabs of one browser, and a browser without shared workers.

import assert from "node:assert/strict";
import { Merchant, control } from "../merchant.js";
import { live, quiet, row, within } from "../page.js";

const TABS = 7;

export default async function stream({ base, browser, check, merchant }) {
  await check("seven open tabs are all live, and each can still call the emulator", async () => {
    const pages = [];
    for (let count = 0; count < TABS; count += 1) {
      const page = await browser.page(base);
      await page.goto(`${base}/_sandbox/`, { waitUntil: "commit" });
      pages.push(page);
    }
    for (const page of pages) await live(page);
    const reference = await merchant.pay("46733123999");
    for (const page of pages) await row(page, reference).getByText("SUCCESSFUL").waitFor();
    let isRunning = true;
    for (const page of pages) {
      // What the tab before did is seen here too.
      await page.locator(".mode").getByText(isRunning ? "real" : "paused").waitFor();
      const began = Date.now();
      await page.locator("#clock-pause").click();
      isRunning = !isRunning;
      await page.locator(".mode").getByText(isRunning ? "real" : "paused").waitFor();
      assert.ok(Date.now() - began < 5000, `a call of a tab took ${Date.now() - began} ms`);
      assert.equal((await control(base, "GET", "clock")).running, isRunning);
    }
    await control(base, "POST", "clock/run");
    // The stream outlives the tab that opened it.
    await pages.shift().close();
    const next = await merchant.pay("46733123999");
    for (const page of pages) await row(page, next).getByText("SUCCESSFUL").waitFor();
    for (const page of pages) await page.close();
  });

  await check("a browser without shared workers follows by a stream of the tab's own", async () => {
    const page = await browser.page(base);
    await page.addInitScript(() => { delete globalThis.SharedWorker; });
    await page.goto(`${base}/_sandbox/`);
    await live(page);
    assert.equal(await page.evaluate(() => "SharedWorker" in globalThis), false);
    const reference = await merchant.pay("46733123999");
    await row(page, reference).getByText("SUCCESSFUL").waitFor();
    await page.close();
  });

  await check("what one tab resets is gone in the others", async () => {
    const reference = await merchant.pay("46733123999");
    const [one, other] = [await browser.page(base), await browser.page(base)];
    for (const page of [one, other]) {
      await page.goto(`${base}/_sandbox/`);
      await row(page, reference).getByText("SUCCESSFUL").waitFor();
      await live(page);
      // Nothing that was asked for before the reset is to tell of it.
      await quiet(page);
    }
    await one.locator("#reset").click();
    await one.locator("#reset-yes").click();
    for (const page of [one, other]) {
      await page.locator("#start").waitFor();
      await page.close();
    }
  });

  await check("a page that is opened again follows again", async () => {
    const other = await Merchant.at(base);
    await within(browser, base, "", async (page) => {
      for (let count = 0; count < 3; count += 1) {
        await page.reload();
        await live(page);
        const reference = await other.pay("46733123999");
        await row(page, reference).getByText("SUCCESSFUL").waitFor();
      }
    });
  });
}
