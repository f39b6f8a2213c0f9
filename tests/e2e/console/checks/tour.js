// What the console is for: payments as they happen, the payer's telephone, the clock, the audit.

import assert from "node:assert/strict";
import { breakable } from "../browser.js";
import { control } from "../merchant.js";
import { live, row, settled } from "../page.js";

export default async function tour({ base, browser, check, merchant, callbacks }) {
  const page = await browser.page(base);
  const open = (page, reference) => page.goto(`${base}/_sandbox/#payment/${reference}/${merchant.user}`);
  const reset = () => control(base, "POST", "reset");
  await page.goto(`${base}/`);
  await live(page);

  await check("a browser at / is led to the console, which explains itself in three steps", async () => {
    assert.equal(page.url(), `${base}/_sandbox/`);
    await page.locator("#start").waitFor();
    assert.equal(await page.locator("#start ol > li").count(), 2);
    assert.match(await page.locator("#start").innerText(), new RegExp(base));
    assert.match(await page.locator("#start").innerText(), new RegExp(merchant.user));
  });

  await check("a payment appears by itself", async () => {
    const began = Date.now();
    const reference = await merchant.pay("46733123999", { callback: callbacks.url });
    await row(page, reference).getByText("SUCCESSFUL").waitFor();
    console.log(`  shown and settled after ${Date.now() - began} ms`);
    await row(page, reference).getByText("delivered").waitFor();
  });

  await check("its time line grows while it is looked at", async () => {
    const reference = await merchant.pay("46700000001");
    await row(page, reference).locator("a").click();
    const events = page.locator("#time-line .events li");
    await page.locator("#time-line svg").waitFor();
    const before = await events.count();
    await merchant.status(reference);
    await events.nth(before).waitFor();
    assert.match(await events.nth(before).innerText(), /merchant asks/);
    await control(base, "POST", `spaces/${merchant.user}/transactions/${reference}/approve`);
    await page.locator("#time-line .events li.good").waitFor();
    assert.match(await page.locator("article").innerText(), /waits for its payer/);
    await page.locator("a.back").click();
  });

  await check("the payer approves on the handset, by the keyboard", async () => {
    const reference = await merchant.pay("46700000002", { amount: "75" });
    await page.locator("#phone .what").getByText("75.00 EUR").waitFor();
    await page.locator("#pin").focus();
    await page.keyboard.type("1234");
    await page.keyboard.press("Enter");
    await row(page, reference).getByText("SUCCESSFUL").waitFor();
    assert.equal(await merchant.status(reference), "SUCCESSFUL");
    await page.locator("#phone .idle").waitFor();
  });

  await check("the payer declines, and lets one expire", async () => {
    for (const [act, reason] of [["decline", "APPROVAL_REJECTED"], ["expire", "EXPIRED"]]) {
      const reference = await merchant.pay("46700000003");
      await page.locator(`#phone [data-act=${act}]`).click();
      await row(page, reference).getByText(reason).waitFor();
      assert.equal(await merchant.status(reference), "FAILED");
    }
  });

  await check("a lost callback is seen as lost", async () => {
    const reference = await merchant.pay("46711000001", { callback: callbacks.url });
    await row(page, reference).getByText("lost").waitFor();
    await open(page, reference);
    await page.locator("#time-line .events li.bad").getByText("callback lost").waitFor();
    await page.locator("#time-line svg .cross").waitFor();
    await page.goto(`${base}/_sandbox/#callbacks`);
    await page.locator("#callbacks .badge").getByText("lost").first().waitFor();
  });

  await check("the bytes of a callback and its answer are shown", async () => {
    const reference = await merchant.pay("46733123999", { callback: callbacks.url });
    await merchant.wait(reference, { callback: "answered" });
    await open(page, reference);
    const sent = page.locator(".attempt");
    await sent.waitFor();
    assert.match(await sent.innerText(), /POST http:\/\/localhost:\d+\/momo[\s\S]*"status": "SUCCESSFUL"/);
    assert.match(await page.locator("article").innerText(), new RegExp(`curl -s ${base}/collection/v1_0/requesttopay/${reference}`));
  });

  await check("a payout beyond the balance says why it fails, as the control plane does", async () => {
    const reference = await merchant.payOut("46733123999", "1000000");
    await merchant.wait(reference, { status: "FAILED" });
    const path = `spaces/${merchant.user}/transactions/${reference}`;
    const { why } = (await control(base, "GET", path)).plan.decided_by;
    assert.match(why, /1000000/);
    await open(page, reference);
    await page.locator("article .card").first().getByText(why).waitFor();
    const paid = await merchant.payOut("46733123999", "1");
    await open(page, paid);
    await page.locator("#time-line svg").waitFor();
    await page.locator("article").getByText(paid).first().waitFor();
    assert.equal((await control(base, "GET", `spaces/${merchant.user}/transactions/${paid}`)).plan.decided_by.why, null);
    assert.equal(await page.getByText(why).count(), 0);
  });

  await check("the audit tells of the money that was never learnt, while it is looked at", async () => {
    await page.goto(`${base}/_sandbox/#audit`);
    await page.locator('.headline[data-verdict="fail"]').waitFor();
    const before = await page.locator(".headline").innerText();
    const reference = await merchant.pay("46711000002", { amount: "400", callback: callbacks.url });
    await merchant.wait(reference, { callback: "lost" });
    await page.waitForFunction((before) => document.querySelector(".headline").innerText !== before, before);
    assert.match(await page.locator(".headline").innerText(), /never found out/);
    assert.ok(await page.locator("#rules .verdict-fail").count());
  });

  await check("the clock is paused, advanced, and runs again", async () => {
    await page.goto(`${base}/_sandbox/#payments`);
    await page.locator("#clock-pause").click();
    await page.locator(".mode").getByText("paused").waitFor();
    const { now } = await control(base, "GET", "clock");
    const reference = await merchant.pay("46733123999");
    assert.equal(await merchant.status(reference), "PENDING");
    assert.equal((await control(base, "GET", "clock")).now, now);
    await row(page, reference).getByText("PENDING").waitFor();
    await page.locator("#clock-next").click();
    await row(page, reference).getByText("SUCCESSFUL").waitFor();
    await page.locator("#advance-by").fill("10m");
    await page.locator("#clock-advance").click();
    await page.waitForFunction(async (now) => {
      const clock = await (await fetch("/_sandbox/clock")).json();
      return Date.parse(clock.now) - Date.parse(now) >= 600_000;
    }, now);
    await page.locator("#clock-pause").click();
    await page.locator(".mode").getByText("real").waitFor();
    assert.equal((await control(base, "GET", "clock")).running, true);
  });

  await check("filters keep what fits", async () => {
    const reference = await merchant.pay("46733777001");
    await row(page, reference).waitFor();
    await page.locator('input[name="find"]').fill("46733777");
    await page.waitForFunction(() => document.querySelectorAll("#list tbody tr").length === 1);
    await row(page, reference).waitFor();
    await page.locator('select[name="status"]').selectOption("FAILED");
    await page.getByText("Nothing matches this filter.").waitFor();
    await page.locator('select[name="status"]').selectOption("");
    await page.locator('input[name="find"]').fill(reference.toUpperCase());
    await page.waitForFunction(() => document.querySelectorAll("#list tbody tr").length === 1);
    await page.locator('input[name="find"]').fill("");
    await page.locator('select[name="space"]').selectOption(merchant.user);
    await row(page, reference).waitFor();
    await page.locator('select[name="space"]').selectOption("");
  });

  await check("a reset empties the list, once it is confirmed", async () => {
    await page.locator("#reset").click();
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.ok((await control(base, "GET", "transactions")).total > 0);
    await page.locator("#reset").click();
    await page.locator("#reset-yes").click();
    await page.locator("#start").waitFor();
    assert.equal((await control(base, "GET", "transactions")).total, 0);
  });

  await check("a connection that breaks is told, and nothing is missed once it is back", async () => {
    const way = await breakable(base);
    const other = await browser.page(way.base, { mayBreak: true });
    await other.goto(`${way.base}/_sandbox/`);
    await live(other);
    const first = await merchant.pay("46733123999");
    await row(other, first).getByText("SUCCESSFUL").waitFor();
    way.cut();
    await other.locator('#connection[data-connected="false"]').waitFor();
    const missed = [];
    for (let count = 0; count < 20; count += 1) missed.push(await merchant.pay("46711000009", { callback: callbacks.url }));
    way.mend();
    await live(other);
    for (const reference of missed) await row(other, reference).getByText("lost").waitFor();
    const last = await merchant.pay("46733123999");
    await row(other, last).getByText("SUCCESSFUL").waitFor();
    assert.equal(await other.locator("#list tbody tr").count(), missed.length + 2);
    await other.close();
    way.close();
  });

  await check("what a stranger sent is text, never markup", async () => {
    await reset();
    const scenario = 'name = "<img src=x onerror=alert(1)>"\n[[rules]]\nname = "<b>bold</b>"\nthen = { status = "PENDING" }\n';
    await control(base, "PUT", "scenario", scenario, "application/toml");
    const reference = await merchant.pay("46700000009");
    await open(page, reference);
    await page.getByText("<b>bold</b>").waitFor();
    assert.equal(await page.locator("main img, main b").count(), 0);
    await control(base, "DELETE", "scenario");
  });

  await check("it fits a telephone", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    for (const view of ["payments", "handset", "callbacks", "audit", "scenario"]) {
      await page.goto(`${base}/_sandbox/#${view}`);
      await settled(page);
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${view} is ${over} pixels too wide`);
    }
    await page.goto(`${base}/_sandbox/#handset`);
    await page.locator("#approve").waitFor();
    await page.setViewportSize({ width: 1360, height: 860 });
  });

  await check("the keyboard reaches a payment", async () => {
    await page.goto(`${base}/_sandbox/#payments`);
    const link = page.locator("#list a").first();
    await link.waitFor();
    const wanted = await link.getAttribute("href");
    await page.locator('.filters [name="find"]').focus();
    for (let presses = 0; presses < 10; presses += 1) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement.getAttribute("href"))) === wanted) break;
    }
    await page.keyboard.press("Enter");
    await page.locator("#time-line").waitFor();
  });
}
