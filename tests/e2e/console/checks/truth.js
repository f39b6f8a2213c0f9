// What is shown is true: of callbacks, of refused requests, of the time line.

import assert from "node:assert/strict";
import { Merchant, control, listener } from "../merchant.js";
import { live, row, within } from "../page.js";

const put = (base, user, scenario) => control(base, "PUT", `spaces/${user}/scenario`, scenario, "application/toml");

export default async function truth({ base, browser, callbacks, check, merchant, start }) {
  const place = (reference, one = merchant) => `#payment/${reference}/${one.user}`;
  const events = (page) => page.locator("#time-line .events li").allInnerTexts();
  // The names of events, without their times.
  const named = async (page) => (await events(page)).map((text) => text.replace(/^\S+\s+/, ""));

  await check("a callback that was answered 500 is red in the list", async () => {
    const broken = await listener(500);
    const reference = await merchant.pay("46733123999", { callback: broken.url });
    await merchant.wait(reference, { callback: "answered" });
    await within(browser, base, "", async (page) => {
      await row(page, reference).locator(".badge.callback-failed").getByText("500").waitFor();
    });
    const good = await merchant.pay("46733123999", { callback: callbacks.url });
    await merchant.wait(good, { callback: "answered" });
    await within(browser, base, "", (page) => row(page, good).locator(".badge.callback-answered").getByText("200").waitFor());
    broken.close();
  });

  await check("a request that was refused says why, where the audit points at it", async () => {
    const reference = await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
    await within(browser, base, "#audit", async (page) => {
      await page.locator(`#rules a[href*="${reference}"]`).first().click();
      const text = page.locator("article");
      await text.getByText("elsewhere.example").first().waitFor();
      assert.match(await text.innerText(), /Refused request[^]*callback URL of another host: X-Callback-Url has the host/);
    }, { refusals: [404] });
    await within(browser, base, "#payment/6f9619ff-8b86-4011-b42d-00c04fc964ff", async (page) => {
      await page.locator("article").getByText("There is no such payment").waitFor();
    }, { refusals: [404] });
  });

  await check("two API users with the same reference id are two rows", async () => {
    const other = await Merchant.at(base);
    const reference = await merchant.pay("46733123999", { amount: "11" });
    await other.pay("46733123999", { amount: "22", reference });
    await within(browser, base, "", async (page) => {
      await row(page, reference).nth(1).waitFor();
      assert.equal(await row(page, reference).count(), 2);
      await row(page, reference, other.user).locator("a").click();
      await page.locator("h2.title").getByText("22.00 EUR").waitFor();
    });
  });

  await check("the time line keeps statuses of one instant apart", async () => {
    const other = await Merchant.at(base);
    await put(base, other.user, 'name = "p"\n[[rules]]\nthen = { path = [{ status = "CREATED", lasts = "0s" }, { status = "PENDING", lasts = "0s" }, { status = "SUCCESSFUL" }] }\n');
    const reference = await other.pay("46733123999");
    await other.wait(reference, { status: "SUCCESSFUL" });
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#time-line .events li.good").first().waitFor();
      const statuses = (await named(page)).filter((text) => /^[A-Z]+$/.test(text));
      assert.deepEqual(statuses, ["CREATED", "PENDING", "SUCCESSFUL"]);
    });
  });

  await check("what is pending for good has no time at which its callback is due", async () => {
    const reference = await merchant.pay("46700000011", { callback: callbacks.url });
    await within(browser, base, place(reference), async (page) => {
      await page.locator("#time-line .events li").nth(1).waitFor();
      assert.ok(!(await named(page)).some((text) => text.includes("callback due")), `${await named(page)}`);
    });
    await control(base, "POST", `spaces/${merchant.user}/transactions/${reference}/approve`);
  });

  await check("a time line whose journal was evicted has what is known, and says what is missing", async () => {
    const small = await start("--journal-max", "60");
    const other = await Merchant.at(small.base);
    const reference = await other.pay("46733123999", { callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    for (let count = 0; count < 40; count += 1) await other.pay("46733123999");
    await within(browser, small.base, place(reference, other), async (page) => {
      await page.locator("#time-line .evicted").waitFor();
      assert.deepEqual(await named(page), ["accepted", "PENDING", "SUCCESSFUL", "callback sent", "answered 200"]);
    });
    await small.stop();
  });

  await check("a badge is in one piece beside a long detail, on a desk and on a telephone", async () => {
    const reference = await merchant.pay("46733123999", { callback: "http://localhost:1/momo" });
    await merchant.wait(reference, { callback: "failed" });
    await within(browser, base, "#callbacks", async (page) => {
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 800 });
        const badge = page.locator("#callbacks .badge").getByText("refused").first();
        await badge.waitFor();
        const lines = await badge.evaluate((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          return range.getClientRects().length;
        });
        assert.equal(lines, 1, `${lines} lines at ${width}`);
      }
    });
  });

  await check("nothing above the callbacks says that one is never sent twice", async () => {
    const twice = await start("--delivery", "twice");
    const other = await Merchant.at(twice.base);
    const reference = await other.pay("46733123999", { callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    await control(twice.base, "POST", "clock/advance", { by: "1h" });
    await within(browser, twice.base, "#callbacks", async (page) => {
      await page.locator("#callbacks .callback-sent").nth(1).waitFor();
      assert.doesNotMatch(await page.locator("main").innerText(), /once|never again/);
    });
    await twice.stop();
  });

  await check("what is selected on a payment's page stays selected while it changes", async () => {
    const reference = await merchant.pay("46700000012");
    await within(browser, base, place(reference), async (page) => {
      await live(page);
      const code = page.locator("article dl code").first();
      await code.waitFor();
      await code.evaluate((node) => getSelection().selectAllChildren(node));
      await page.locator("article pre").last().focus();
      await code.evaluate((node) => getSelection().selectAllChildren(node));
      const before = await page.locator("#time-line .events li").count();
      await merchant.status(reference);
      await page.locator("#time-line .events li").nth(before).waitFor();
      assert.equal(await page.evaluate(() => String(getSelection())), reference);
      assert.equal(await page.evaluate(() => document.activeElement.tagName), "PRE");
    });
    await control(base, "POST", `spaces/${merchant.user}/transactions/${reference}/approve`);
  });
}
