// Time: zones, dates, the next event, who is ahead.

import assert from "node:assert/strict";
import { Merchant, control } from "../merchant.js";
import { live, row, within } from "../page.js";

export default async function time({ browser, check, start }) {
  const fresh = await start("--clock", "manual");
  const { base } = fresh;
  const merchant = await Merchant.at(base);

  await check("the clock says that it is paused, and in which zone; a click shows local time, also later", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      await page.locator(".mode").getByText("paused").waitFor();
      const { now } = await control(base, "GET", "clock");
      assert.equal(await page.locator(".now").innerText(), now.slice(0, 19).replace("T", " "));
      assert.equal(await page.locator("#zone").innerText(), "UTC");
      const session = await page.context().newCDPSession(page);
      await session.send("Emulation.setTimezoneOverride", { timezoneId: "Africa/Kampala" });
      await page.locator("#zone").click();
      const local = new Date(Date.parse(now) + 3 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
      await page.waitForFunction((local) => document.querySelector(".now").textContent === local, local);
      assert.equal(await page.locator("#zone").innerText(), "Africa/Kampala");
      await page.reload();
      await page.waitForFunction((local) => document.querySelector(".now").textContent === local, local);
      await page.locator("#zone").click();
      await page.locator("#zone").getByText("UTC").waitFor();
    });
  });

  await check("the next event is named with its time, and leads to its payment", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      await page.locator("#clock-due").getByText("nothing is due").waitFor();
      const reference = await merchant.pay("46733123999");
      await page.locator("#clock-due").getByText(/status change in \d+ ms/).waitFor();
      assert.match(await page.locator("#clock-due a").getAttribute("href"), new RegExp(`#payment/${reference}/${merchant.user}`));
      await page.locator("#clock-next").click();
      await page.locator("#said").getByText("status change × 1").waitFor();
      await row(page, reference).getByText("SUCCESSFUL").waitFor();
      await page.locator("#clock-due").getByText("nothing is due").waitFor();
    });
  });

  await check("Enter advances, and 0 is an error that stays in view", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      const before = (await control(base, "GET", "clock")).now;
      const by = page.locator("#advance-by");
      for (const [wrong, says] of [["0m", "0 moves nothing"], ["soon", "write a duration"], ["0", "0 moves nothing"], ["1", "write a duration"], ["", "0 moves nothing"]]) {
        await by.fill(wrong);
        await by.press("Enter");
        await page.locator("#clock-wrong").getByText(says).waitFor();
        assert.equal(await by.getAttribute("aria-invalid"), "true", wrong);
      }
      assert.equal((await control(base, "GET", "clock")).now, before);
      await by.fill("1h");
      await by.press("Enter");
      await page.waitForFunction(() => document.querySelector("#clock-wrong").textContent === "");
      assert.equal(Date.parse((await control(base, "GET", "clock")).now) - Date.parse(before), 3_600_000);
    }, { refusals: [400] });
  });

  await check("what is of another day has its date", async () => {
    await within(browser, base, "", async (page) => {
      // The token of the first one has ended an hour ago.
      const later = await Merchant.at(base);
      const reference = await later.pay("46733123999");
      const time = row(page, reference).locator("time");
      await time.waitFor();
      assert.match(await time.innerText(), /^\d\d:\d\d:\d\d\.\d{3}$/);
      await control(base, "POST", "clock/advance", { by: "49h" });
      await page.waitForFunction((id) => /^\d{4}-\d\d-\d\d /.test(document.querySelector(`#list tr[data-reference="${id}"] time`)?.textContent), reference);
    });
  });

  await check("an API user that is ahead is named beside the clock", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      assert.equal(await page.locator("#clock-ahead").count(), 0);
      const other = await Merchant.at(base);
      await control(base, "POST", `spaces/${other.user}/clock/advance`, { by: "2h" });
      // Something that happens has the clock read anew.
      await (await Merchant.at(base)).pay("46733123999");
      await page.locator("#clock-ahead").waitFor();
      assert.match(await page.locator("#clock-ahead").getAttribute("title"), new RegExp(`${other.user.slice(0, 8)} \\+2 h`));
    });
  });

  await fresh.stop();
}
