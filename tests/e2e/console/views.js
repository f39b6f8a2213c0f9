// The views of the console, for checks that walk through all of them: each with something in it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Merchant, control } from "./merchant.js";
import { live } from "./page.js";

export const LANGUAGES = ["en", "fr"];
export const SCHEMES = ["light", "dark"];
export const WIDTHS = [390, 768, 1024, 1440];

/**
 * Lets much happen at an emulator; returns the views by their names: the address of each, and what is
 * there once it is drawn. `isFaulty` puts a fault in force for a time, which all views tell.
 */
export async function allViews({ base, merchant, callbacks }, isFaulty = false) {
  const { user } = merchant;
  const lost = await merchant.pay("46711000003", { callback: callbacks.url, amount: "33.30" });
  await merchant.wait(lost, { callback: "lost" });
  const failed = await merchant.pay("46733123450", { callback: callbacks.url, amount: "1234567.50" });
  await merchant.wait(failed, { status: "FAILED" });
  const answered = await merchant.pay("46733123999", { callback: callbacks.url });
  await merchant.wait(answered, { callback: "answered" });
  await merchant.status(answered);
  await merchant.payOut("46733123999", "7");
  const waiting = await merchant.pay("46700123456", { amount: "75" });
  const refused = await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://a-host-that-nobody-registered.example/momo" });
  await merchant.payInVain("46733123999", 401, { Authorization: "Bearer nobody" });
  const ahead = await Merchant.at(base);
  await ahead.pay("46700123457");
  await control(base, "POST", `spaces/${ahead.user}/clock/advance`, { by: "49h" });
  if (isFaulty) await control(base, "PUT", `spaces/${ahead.user}/scenario?for=10m`, 'name = "lost-callbacks"\n[[rules]]\ncallback = { fate = "lost" }\n', "application/toml");
  const unknown = randomUUID();
  const last = async (event) => (await control(base, "GET", `journal?event=${event}&tail=1`)).entries[0].number;
  const [request, callback] = await Promise.all([last("request"), last("callback_finished")]);
  return {
    payments: ["#payments", "#list tbody tr"], "payments, filtered": ["#payments?find=467&status=PENDING", "#list tbody tr"], "payments, none": ["#payments?find=nothing-has-this", ".count"],
    handset: ["#handset", "#approve"], requests: ["#requests", "#requests tbody tr"], callbacks: ["#callbacks", "#callbacks tbody tr"],
    "requests, one": [`#requests/${request}`, ".exchange"], "callbacks, one": [`#callbacks/${callback}`, ".exchange"],
    audit: ["#audit", ".headline"], scenario: ["#scenario", "#editor"],
    payment: [`#payment/${lost}/${user}`, "#time-line"], "payment, waiting": [`#payment/${waiting}/${user}`, "#time-line"], "payment, failed": [`#payment/${failed}/${user}`, "#time-line"],
    "payment, answered": [`#payment/${answered}/${user}`, ".attempt"],
    "payment, refused": [`#payment/${refused}/${user}`, "#refused"], "payment, unknown": [`#payment/${unknown}/${user}`, "article .card"],
  };
}

/** Opens a view anew, and waits until what it is for is there. */
export async function openView(page, base, [hash, sign], language = "en") {
  await page.goto("about:blank");
  await page.goto(`${base}/_sandbox/${hash}`);
  // The markup itself is in English until the script has run.
  await live(page);
  if ((await page.evaluate(() => document.documentElement.lang)) !== language) {
    await page.evaluate((language) => localStorage.setItem("momo-sandbox-language", language), language);
    await page.reload();
  }
  await live(page);
  await page.locator(sign).first().waitFor();
  const [view] = hash.slice(1).split(/[/?]/);
  assert.equal(await page.evaluate(() => document.body.dataset.view), view);
  assert.equal(await page.evaluate(() => document.documentElement.lang), language);
}

/** A page on an emulator at which nothing has happened yet, its address, and its only view. */
export async function firstMinute(browser, start) {
  const { base } = await start();
  return { base, page: await browser.page(base), place: ["#payments", "#start"] };
}
