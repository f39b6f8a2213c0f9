// The requests of the emulated API, and what is said of callbacks.

import assert from "node:assert/strict";
import { Merchant, control } from "../merchant.js";
import { live, row, within } from "../page.js";

export default async function requests({ base, browser, callbacks, check, merchant, start }) {
  const rows = (page) => page.locator("#requests tbody tr");

  await check("refused requests are first, each with why, and more come by themselves", async () => {
    await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
    const paid = await merchant.pay("46733123999");
    await within(browser, base, "#requests", async (page) => {
      await live(page);
      const first = rows(page).first();
      await first.getByText("callback_host").waitFor();
      assert.match(await first.innerText(), /500[^]*POST \/collection\/v1_0\/requesttopay[^]*elsewhere\.example/);
      const good = rows(page).filter({ hasText: paid.slice(0, 8) }).or(rows(page).filter({ hasText: "202" })).first();
      await good.waitFor();
      await merchant.payInVain("46733123999", 401, { Authorization: "Bearer nobody" });
      await rows(page).first().getByText("invalid_token").waitFor();
      assert.match(await page.locator(".count").innerText(), /^\d+ refused, of \d+$/);
    });
  });

  await check("requests are found by what they are about, and the address keeps it", async () => {
    await within(browser, base, "#requests?find=elsewhere", async (page) => {
      await rows(page).first().waitFor();
      for (const text of await rows(page).allInnerTexts()) assert.match(text, /elsewhere/);
      await page.locator('input[name="find"]').fill("nothing has this");
      await page.getByText("Nothing matches this filter.").waitFor();
      assert.ok(page.url().endsWith("#requests?find=nothing+has+this"), page.url());
    });
  });

  await check("where only refused requests came, the first page says so and why", async () => {
    const fresh = await start();
    await within(browser, fresh.base, "", async (page) => {
      await page.locator("#start").waitFor();
      assert.equal(await page.locator("#only-refused").count(), 0);
      await live(page);
      await fetch(`${fresh.base}/collection/v1_0/account/balance`);
      const told = page.locator("#only-refused");
      await told.getByText("1 request came, and was refused").waitFor();
      assert.match(await told.innerText(), /401: The request has no subscription key/);
      assert.match(await told.innerText(), /Send the header Ocp-Apim-Subscription-Key/);
      await told.locator("a").click();
      await rows(page).first().getByText("subscription_key_missing").waitFor();
    });
    await fresh.stop();
  });

  await check("a callback that contradicts the status is not green anywhere", async () => {
    const other = await Merchant.at(base);
    const scenario = 'name = "c"\n[[rules]]\ncallback = { status = "FAILED", reason = "EXPIRED" }\n';
    await control(base, "PUT", `spaces/${other.user}/scenario`, scenario, "application/toml");
    const reference = await other.pay("46733123999", { callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    const verdict = (place) => place.locator(".badge.callback-failed").getByText("contradicts the status");
    await within(browser, base, "", async (page) => {
      await verdict(row(page, reference)).waitFor();
      await page.goto(`${base}/_sandbox/#callbacks`);
      await verdict(page.locator("#callback-journal tr").filter({ hasText: reference.slice(0, 8) })).first().waitFor();
      await page.goto(`${base}/_sandbox/#payment/${reference}/${other.user}`);
      await verdict(page.locator(".attempt")).waitFor();
      await page.locator("#time-line .events li.bad").getByText("contradicts the status").waitFor();
    });
  });
}
