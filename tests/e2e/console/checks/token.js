// An emulator that asks for its control token.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Merchant, unlock } from "../merchant.js";
import { live, row, within } from "../page.js";

export default async function token({ browser, check, start }) {
  const { base } = await start("--control-token", "it's-secret");
  unlock(base, "it's-secret");
  const merchant = await Merchant.at(base);
  const reference = await merchant.pay("46733123999");
  const refusals = [401];
  const field = (page) => page.locator('dialog[open] input[type="password"]');

  await check("a wrong control token is told to be wrong, and the right one opens the page", async () => {
    await within(browser, base, "", async (page) => {
      await field(page).fill("wrong");
      await page.keyboard.press("Enter");
      await page.locator("dialog[open]").getByText("That was not the token").waitFor();
      assert.equal(await field(page).inputValue(), "");
      assert.doesNotMatch(await page.locator("dialog[open]").innerText(), /Other machines|own machine/);
      await field(page).fill("it's-secret");
      await page.keyboard.press("Enter");
      await live(page);
      await row(page, reference).waitFor();
    }, { refusals });
  });

  await check("a control token beyond Latin-1 is wrong, and the page lives", async () => {
    await within(browser, base, "", async (page) => {
      await field(page).fill("jeton-ж");
      await page.keyboard.press("Enter");
      await page.locator("dialog[open]").getByText("That was not the token").waitFor();
      await field(page).fill("it's-secret");
      await page.keyboard.press("Enter");
      await row(page, reference).waitFor();
      await page.reload();
      await row(page, reference).waitFor();
    }, { refusals });
  });

  await check("who puts the control token off is left alone until they ask for it", async () => {
    await within(browser, base, "", async (page) => {
      await field(page).waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("The control token is missing.").first().waitFor();
      assert.equal(await page.locator("dialog[open]").count(), 0);
      await page.locator("#unlock").click();
      await field(page).fill("it's-secret");
      await page.keyboard.press("Enter");
      await row(page, reference).waitFor();
      await live(page);
    }, { refusals });
  });

  await check("the call of the control plane to copy has its token, and works", async () => {
    await within(browser, base, "", async (page) => {
      await field(page).fill("it's-secret");
      await page.keyboard.press("Enter");
      await row(page, reference).locator("a").click();
      const calls = await page.locator("#calls code").innerText();
      const own = calls.slice(calls.lastIndexOf("curl "));
      const answer = execFileSync("sh", ["-c", own], { encoding: "utf8", env: { ...process.env, NO_PROXY: "*", no_proxy: "*" } });
      assert.equal(JSON.parse(answer).reference_id, reference);
    }, { refusals });
  });
}
