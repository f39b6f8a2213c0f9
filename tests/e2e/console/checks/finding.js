// The list and its filters, addresses, and what stands while nothing can be asked.

import assert from "node:assert/strict";
import { breakable } from "../browser.js";
import { Merchant, control } from "../merchant.js";
import { live, row, within } from "../page.js";

const PAGE = 200;

const rows = (page, count) => page.waitForFunction((count) => document.querySelectorAll("#list tbody tr").length === count, count);

export default async function finding({ base, browser, callbacks, check, merchant }) {
  await check("exactly a page of payments has no older ones", async () => {
    const work = Array.from({ length: PAGE }, () => merchant.pay("46733000002"));
    await Promise.all(work);
    await within(browser, base, "", async (page) => {
      await page.getByText(`${PAGE} of ${PAGE}`).waitFor();
      assert.equal(await page.getByRole("button", { name: "Older" }).count(), 0);
      await merchant.pay("46733000002");
      await page.getByText(`${PAGE} of ${PAGE + 1}`).waitFor();
      await page.getByRole("button", { name: "Older" }).click();
      await rows(page, 1);
      await page.getByRole("button", { name: "Newest" }).click();
      await rows(page, PAGE);
    });
  });

  await check("a late answer to an older filter never stands under the newer one", async () => {
    const reference = await merchant.pay("46733123777");
    await within(browser, base, "", async (page) => {
      await row(page, reference).waitFor();
      let release = null;
      const held = new Promise((resolve) => { release = resolve; });
      await page.route(/transactions\?.*find=4(&|$)/, async (route) => {
        await held;
        await route.continue().catch(() => {});
      });
      const asked = page.waitForRequest(/find=4(&|$)/);
      await page.locator('input[name="find"]').fill("4");
      await asked;
      await page.locator('input[name="find"]').fill("46733123777");
      await rows(page, 1);
      release();
      // Another answer behind it shows that the late one is through.
      await page.evaluate(() => fetch("/_sandbox/health").then((answer) => answer.text()));
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
      assert.equal(await row(page, reference).count(), 1);
      assert.equal(await page.getByText("Nothing matches this filter.").count(), 0);
    });
  });

  await check("the eight characters that the list shows find a payment, and so does its external id", async () => {
    const reference = await merchant.pay("46733123778");
    const { external_id: order } = await control(base, "GET", `spaces/${merchant.user}/transactions/${reference}`);
    await within(browser, base, "", async (page) => {
      const shown = await row(page, reference).locator("a").innerText();
      assert.equal(shown.length, 8);
      for (const text of [shown, shown.toUpperCase(), order, reference]) {
        await page.locator('.filters [name="find"]').fill(text);
        await rows(page, 1);
        await row(page, reference).waitFor();
      }
    });
  });

  await check("the filters are in the address, and come back with it", async () => {
    const reference = await merchant.pay("46711000777");
    await within(browser, base, "#payments?find=46711&status=SUCCESSFUL", async (page) => {
      await row(page, reference).waitFor();
      await rows(page, 1);
      assert.equal(await page.locator('input[name="find"]').inputValue(), "46711");
      assert.equal(await page.locator('select[name="status"]').inputValue(), "SUCCESSFUL");
      await row(page, reference).locator("a").click();
      await page.locator("#time-line").waitFor();
      await page.locator("a.back").click();
      await rows(page, 1);
      await page.locator('input[name="find"]').fill("46711000");
      await page.waitForURL(/#payments\?find=46711000&status=SUCCESSFUL$/);
    });
  });

  await check("an odd address shows the payments and throws nothing", async () => {
    const before = browser.faults.length;
    for (const hash of ["#payment/", "#payment", "#constructor", "#toString", "#__proto__", "#%E0%A4%A", "#payment/%E0%A4%A", "#hasOwnProperty/x", "#payments?status", "#main"]) {
      await within(browser, base, hash, async (page) => {
        await live(page);
        const isPayment = hash === "#payment/%E0%A4%A";
        await page.locator(isPayment ? "article .card" : "#list").first().waitFor();
      }, { refusals: [400, 404] });
    }
    assert.deepEqual(browser.faults.slice(before), []);
  });

  await check("the link to the content stays in the view", async () => {
    await within(browser, base, "#audit", async (page) => {
      await page.locator(".headline").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement.id === "main");
      assert.match(page.url(), /#audit$/);
      assert.equal(await page.locator(".headline").count(), 1);
      assert.equal(await page.locator("#nav a[aria-current]").getAttribute("data-view"), "audit");
    });
  });

  await check("without a connection the clock stands and no row stands under a wrong filter", async () => {
    const way = await breakable(base);
    await merchant.pay("46733123999");
    await within(browser, way.base, "", async (page) => {
      await live(page);
      await page.locator("#list tbody tr").first().waitFor();
      way.cut();
      await page.locator('#connection[data-connected="false"]').waitFor();
      await page.locator('select[name="status"]').selectOption("FAILED");
      await page.getByText("The emulator does not answer.").first().waitFor();
      assert.equal(await page.locator("#list tbody tr").count(), 0);
      const now = await page.locator(".now").innerText();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
      assert.equal(await page.locator(".now").innerText(), now);
      way.mend();
      await live(page);
      await page.getByText("Nothing matches this filter.").waitFor();
      assert.equal(await page.getByText("The emulator does not answer.").count(), 0);
    }, { mayBreak: true });
    way.close();
  });

  await check("what is selected in the list stays, new rows wait, and come when they are asked for", async () => {
    const other = await Merchant.at(base);
    const reference = await other.pay("46733123779");
    await within(browser, base, "", async (page) => {
      await live(page);
      const shown = row(page, reference);
      await shown.getByText("SUCCESSFUL").waitFor();
      const select = () => shown.locator("td").nth(3).evaluate((node) => getSelection().selectAllChildren(node));
      await select();
      await shown.locator("a").focus();
      await select();
      const next = [await other.pay("46733123780"), await other.pay("46733123780"), await other.pay("46700123780")];
      await page.locator("#new-rows").getByText("3 new").waitFor();
      assert.equal(await page.locator("#list tbody tr").first().getAttribute("data-reference"), reference);
      assert.equal(await page.evaluate(() => String(getSelection()).trim()), "46733123779");
      assert.match(await page.evaluate(() => document.activeElement.getAttribute("href") ?? ""), new RegExp(reference));
      // What is shown is kept true meanwhile.
      await other.status(reference);
      await shown.locator(".reads").getByText("1").waitFor();
      assert.equal(await row(page, next[0]).count(), 0);
      await page.locator("#new-rows").click();
      for (const each of next) await row(page, each).waitFor();
      assert.equal(await page.locator("#new-rows").count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement.className), "scroll");
      await page.evaluate(() => getSelection().empty());
      await row(page, await other.pay("46733123781")).waitFor();
    });
  });

  await check("who has scrolled keeps the rows in their place until the top is reached", async () => {
    const other = await Merchant.at(base);
    await within(browser, base, "", async (page) => {
      await live(page);
      await page.setViewportSize({ width: 1360, height: 300 });
      await page.locator("#list tbody tr").nth(5).waitFor();
      await page.evaluate(() => scrollTo(0, 200));
      const place = () => page.locator("#list tbody tr").nth(4).evaluate((node) => [node.dataset.reference, Math.round(node.getBoundingClientRect().top)]);
      const before = await place();
      const next = await other.pay("46733123782");
      await page.locator("#new-rows").getByText("1 new").waitFor();
      assert.deepEqual(await place(), before);
      // The button is in sight where the reader is.
      const { y } = await page.locator("#new-rows").boundingBox();
      assert.ok(y >= 0 && y < 300, `${y}`);
      await page.evaluate(() => scrollTo(0, 0));
      await row(page, next).waitFor();
      assert.equal(await page.locator("#new-rows").count(), 0);
    });
  });

  await check("filters for operation, callback and API user are in the address, and keep what fits", async () => {
    const other = await Merchant.at(base);
    const lost = await other.pay("46711000778", { callback: callbacks.url });
    await other.wait(lost, { callback: "lost" });
    const transfer = await other.payOut("46733123999", "33.30");
    await within(browser, base, `#payments?verdict=lost&space=${other.user}`, async (page) => {
      await row(page, lost).waitFor();
      await rows(page, 1);
      assert.equal(await page.locator('select[name="verdict"]').inputValue(), "lost");
      await page.locator('select[name="verdict"]').selectOption("");
      await page.locator('select[name="operation"]').selectOption("transfer");
      await row(page, transfer).waitFor();
      await rows(page, 1);
      assert.ok(page.url().endsWith(`#payments?operation=transfer&space=${other.user}`), page.url());
      // The product stands where two have the operation, and an amount has all its digits.
      const text = await row(page, transfer).innerText();
      assert.match(text, /transfer\s+disbursement/);
      assert.match(text, /33\.30 EUR/);
      await page.locator("#clear").click();
      await row(page, lost).waitFor();
      assert.ok(page.url().endsWith("#payments"), page.url());
    });
  });

  await check("one box finds by reason too", async () => {
    const reference = await merchant.pay("46733123450");
    await merchant.wait(reference, { status: "FAILED" });
    await within(browser, base, "#payments?find=internal_proc", async (page) => {
      await row(page, reference).waitFor();
      for (const text of await page.locator("#list tbody tr").allInnerTexts()) assert.match(text, /INTERNAL_PROCESSING_ERROR/);
    });
  });

  await check("a paid payment that nobody asked about stands out", async () => {
    const reference = await merchant.pay("46733123999");
    await within(browser, base, "", async (page) => {
      const sign = row(page, reference).locator(".reads .badge.failed");
      await sign.getByText("never asked").waitFor();
      await merchant.status(reference);
      await sign.waitFor({ state: "detached" });
    });
  });

  await check("who is ahead of the clock, and what was sent by hand, have a sign in the list", async () => {
    const ahead = await Merchant.at(base);
    await control(base, "POST", `spaces/${ahead.user}/clock/advance`, { by: "30m" });
    const first = await ahead.pay("46733123783");
    const { reference_id: again } = await control(base, "POST", `spaces/${ahead.user}/transactions/${first}/replay`);
    const later = await Merchant.at(base);
    const plain = await later.pay("46733123783");
    await within(browser, base, "#payments?find=46733123783", async (page) => {
      await row(page, first).getByText("+30 min").waitFor();
      await row(page, again).locator(".badge.manual").waitFor();
      assert.equal(await row(page, first).locator(".badge.manual").count(), 0);
      assert.equal(await row(page, plain).locator(".ahead").count(), 0);
      await control(base, "POST", `spaces/${later.user}/clock/advance`, { by: "20m" });
      await row(page, plain).getByText("+20 min").waitFor();
    });
  });

  await check("the tab is named after the view, and after the payment", async () => {
    const reference = await merchant.pay("46733123450", { amount: "100" });
    await merchant.wait(reference, { status: "FAILED" });
    await within(browser, base, "", async (page) => {
      for (const [hash, title] of [["", "Payments"], ["#requests", "Requests"], ["#audit", "Audit"], ["#handset", "Handset"], [`#payment/${reference}/${merchant.user}`, "FAILED 100.00 EUR"], ["#scenario", "Scenario"]]) {
        await page.evaluate((hash) => { location.hash = hash; }, hash);
        await page.waitForFunction((title) => document.title === `${title} – momo-sandbox`, title);
      }
    });
  });
}
