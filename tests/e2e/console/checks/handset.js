// The payer's telephone: only what a payer answers rings, and nothing is taken from under the keys.

import assert from "node:assert/strict";
import { Merchant, control } from "../merchant.js";
import { live, within } from "../page.js";

const PENDING = 'name = "all pending"\n[[rules]]\nthen = { status = "PENDING" }\n';

export default async function handset({ base, browser, check, merchant }) {
  const act = (reference, act, one = merchant) => control(base, "POST", `spaces/${one.user}/transactions/${reference}/${act}`);

  await check("a pending transfer does not ring, and hides no payment that waits", async () => {
    const other = await Merchant.at(base);
    await control(base, "PUT", `spaces/${other.user}/scenario`, PENDING, "application/toml");
    const payout = await other.payOut("46733123999", "5");
    await within(browser, base, "#handset", async (page) => {
      await live(page);
      await other.pay("46733000001", { amount: "31" });
      await page.locator("#phone .what").getByText("31.00 EUR").waitFor();
      await page.locator("#pin").fill("1234");
      await page.locator("#approve").click();
      await page.locator("#phone .idle").waitFor();
      assert.equal(await page.locator("#ringing").innerText(), "");
    });
    const { status } = await control(base, "GET", `spaces/${other.user}/transactions/${payout}`);
    assert.equal(status, "PENDING");
  });

  await check("a payment that settles by itself does not ring", async () => {
    const other = await Merchant.at(base);
    await control(base, "POST", "clock/pause");
    await within(browser, base, "#payments", async (page) => {
      await live(page);
      const reference = await other.pay("46733123999");
      await page.locator(`#list tr[data-reference="${reference}"]`).getByText("PENDING").waitFor();
      await page.locator("#phone .idle").waitFor();
      const asked = await other.pay("46700000021");
      await page.locator("#phone .what").waitFor();
      assert.equal(await page.locator("#ringing").innerText(), "1");
      await act(asked, "decline", other);
      await page.locator("#phone .idle").waitFor();
    });
    await control(base, "POST", "clock/run");
  });

  await check("a half-typed PIN stays when its payment is settled elsewhere, and is told to be too late", async () => {
    const first = await merchant.pay("46700000022", { amount: "41" });
    await within(browser, base, "#handset", async (page) => {
      await live(page);
      await page.locator("#phone .what").getByText("41.00 EUR").waitFor();
      await page.locator("#pin").click();
      await page.keyboard.type("12");
      const second = await merchant.pay("46700000023", { amount: "42" });
      await act(first, "approve");
      await page.locator("#too-late").waitFor();
      assert.equal(await page.locator("#pin").inputValue(), "12");
      assert.equal(await page.evaluate(() => document.activeElement.id), "pin");
      assert.ok(await page.locator("#approve").isDisabled());
      await page.locator("#go-on").click();
      await page.locator("#phone .what").getByText("42.00 EUR").waitFor();
      assert.equal(await page.locator("#pin").inputValue(), "");
      await act(second, "decline");
    });
  });

  await check("after an answer the keyboard is at the next payment's PIN", async () => {
    const [first, second] = [await merchant.pay("46700000024", { amount: "51" }), await merchant.pay("46700000025", { amount: "52" })];
    await within(browser, base, "#handset", async (page) => {
      await page.locator("#phone .what").getByText("51.00 EUR").waitFor();
      await page.locator("#pin").focus();
      await page.keyboard.type("1234");
      await page.keyboard.press("Enter");
      await page.locator("#phone .what").getByText("52.00 EUR").waitFor();
      await page.waitForFunction(() => document.activeElement.id === "pin");
      await page.keyboard.type("1234");
      await page.keyboard.press("Enter");
      await page.locator("#phone .idle").waitFor();
      await page.waitForFunction(() => document.activeElement.className === "idle");
    });
    for (const reference of [first, second]) assert.equal(await merchant.status(reference), "SUCCESSFUL");
  });
}
