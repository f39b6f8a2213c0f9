// The audit: its verdict in the navigation, its findings in groups, its filters, and its files.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { faultsOfAccess } from "../browser.js";
import { Merchant, control, unlock } from "../merchant.js";
import { live, quiet, within } from "../page.js";

const LOST = "46711000001";
// More than the cases that a finding keeps.
const MANY = 42;
const CASES_MAX = 20;
const PAUSE = 5000;

// Payments whose callbacks are lost, and whose merchant never asks.
async function lose(merchant, callbacks, count) {
  const references = [];
  for (let left = count; left > 0; left -= 1) references.push(await merchant.pay(LOST, { amount: "5", callback: callbacks.url }));
  for (const reference of references) await merchant.wait(reference, { status: "SUCCESSFUL" });
  return references;
}

const ruleOf = (page, name) => page.locator("#rules tr").filter({ has: page.locator("code", { hasText: new RegExp(`^${name}$`) }) });

// When the page asked for a verdict or a report.
function askedBy(page) {
  const asked = [];
  page.on("request", (request) => {
    if (/\/_sandbox\/(verdict|report)/.test(request.url())) asked.push(performance.now());
  });
  return asked;
}

async function saved(page, ending) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(`.saves a[download="audit.${ending}"]`).click()]);
  assert.equal(download.suggestedFilename(), `audit.${ending}`);
  return readFile(await download.path(), "utf8");
}

const FILES = { html: "<!doctype html>", json: '{"verdict":', xml: "<?xml", txt: "rules exercised" };

export default async function audit({ base, browser, callbacks, check, merchant, start }) {
  await check("the navigation tells the verdict in every view, also to a screen reader", async () => {
    await control(base, "POST", "reset");
    await within(browser, base, "#payments", async (page) => {
      await live(page);
      const asked = askedBy(page);
      assert.equal(await page.locator("#verdict").innerText(), "");
      await lose(merchant, callbacks, 1);
      await page.locator('#verdict[data-verdict="fail"]').waitFor();
      assert.match(await page.locator("#nav a[data-view=audit]").ariaSnapshot(), /Audit 2 rules failed/);
      // Payments come all the time meanwhile.
      const began = performance.now();
      while (performance.now() - began < 2 * PAUSE) await lose(merchant, callbacks, 1);
      assert.ok(asked.length >= 2, `asked ${asked.length} times`);
      const pauses = asked.slice(1).map((at, place) => at - asked[place]);
      assert.ok(pauses.every((pause) => pause > PAUSE * 0.9), `${pauses}`);
    });
  });

  await check("the audit view asks for the report alone, and the navigation agrees with it", async () => {
    await within(browser, base, "#audit", async (page) => {
      const urls = [];
      page.on("request", (request) => urls.push(new URL(request.url()).pathname));
      await page.locator('#verdict[data-verdict="fail"]').waitFor();
      await lose(merchant, callbacks, 1);
      await page.waitForRequest(/\/report$/);
      await quiet(page);
      assert.equal(urls.filter((path) => path.endsWith("/verdict")).length, 0, `${urls}`);
      assert.deepEqual(await faultsOfAccess(page), []);
    });
  });

  await check("equal findings are one line, and the rest is shown on a click", async () => {
    await control(base, "POST", "reset");
    await lose(merchant, callbacks, MANY);
    await within(browser, base, "#audit", async (page) => {
      const money = ruleOf(page, "money-accounted-for");
      await money.getByText(`${MANY} times`).waitFor();
      assert.equal(await money.locator("td > ul > li").count(), 1);
      const links = money.locator("details a");
      assert.equal(await links.first().isVisible(), false);
      await money.locator("summary").click();
      assert.equal(await links.count(), CASES_MAX);
      await money.getByText(`and ${MANY - CASES_MAX} more like these`).waitFor();
      // It stays open when something happens.
      await lose(merchant, callbacks, 1);
      await money.getByText(`${MANY + 1} times`).waitFor();
      assert.equal(await links.first().isVisible(), true);
      await links.first().click();
      await page.locator("#time-line").waitFor();
    });
  });

  await check("sums of nothing are 0, and what stands between backticks is code", async () => {
    await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
    await within(browser, base, "#audit", async (page) => {
      const host = ruleOf(page, "own-callback-host");
      const code = host.locator("code", { hasText: "elsewhere.example" });
      await code.first().waitFor();
      assert.equal(await code.count(), 1);
      assert.doesNotMatch(await page.locator("#rules").innerText(), /`/);
      const charged = page.locator(".sum", { hasText: "charged twice" });
      assert.equal(await charged.locator("strong").innerText(), "0");
    });
  });

  await check("an API user is judged alone, and the address says which", async () => {
    await lose(merchant, callbacks, 1);
    const other = await Merchant.at(base);
    await within(browser, base, "#audit", async (page) => {
      await page.locator('.headline[data-verdict="fail"]').waitFor();
      await page.locator('select[name="space"]').focus();
      await page.locator('select[name="space"]').selectOption(other.user);
      await page.locator('.headline[data-verdict="not_exercised"]').waitFor();
      assert.match(page.url(), new RegExp(`#audit\\?space=${other.user}$`));
      assert.equal(await page.evaluate(() => document.activeElement.name), "space");
      // The navigation is about all.
      assert.equal(await page.locator("#verdict").getAttribute("data-verdict"), "fail");
      await page.reload();
      await page.locator('.headline[data-verdict="not_exercised"]').waitFor();
      assert.equal(await page.locator('select[name="space"]').inputValue(), other.user);
      await page.locator('select[name="space"]').selectOption("");
      await page.locator('.headline[data-verdict="fail"]').waitFor();
      assert.match(page.url(), /#audit$/);
    });
  });

  await check("the time within which a merchant asks can be chosen", async () => {
    await within(browser, base, "#audit", async (page) => {
      await page.locator(".headline").waitFor();
      const asked = page.waitForRequest(/\/report\?within=1m$/);
      await page.locator('select[name="within"]').selectOption("1");
      await asked;
      await page.locator(".headline").waitFor();
      assert.match(page.url(), /#audit\?within=1$/);
    });
  });

  await check("the report is saved in each form, of the API user that is shown", async () => {
    await within(browser, base, `#audit?space=${merchant.user}`, async (page) => {
      await page.locator(".headline").waitFor();
      for (const [ending, begin] of Object.entries(FILES)) {
        const text = await saved(page, ending);
        assert.ok(text.includes(begin), text.slice(0, 200));
        if (ending === "json") assert.equal(JSON.parse(text).counts.spaces, 1);
      }
    });
  });

  await check("with a control token the report is saved too", async () => {
    const { base: locked } = await start("--control-token", "jeton");
    unlock(locked, "jeton");
    await Merchant.at(locked);
    await within(browser, locked, "#audit", async (page) => {
      await page.locator('dialog[open] input[type="password"]').fill("jeton");
      await page.keyboard.press("Enter");
      await page.locator(".headline").waitFor();
      for (const [ending, begin] of Object.entries(FILES)) assert.ok((await saved(page, ending)).includes(begin), ending);
    }, { refusals: [401] });
  });

  await check("a market's audit says whether the program is ready for MTN's new platform", async () => {
    const { base: market, stop } = await start("--target-environment", "mtnuganda");
    await within(browser, market, "#audit", async (page) => {
      const told = page.locator("#readiness");
      await told.getByText("Nothing shows whether the program is ready").waitFor();
      assert.match(await told.innerText(), /not tested 8/);
      await fetch(`${market}/collection/token/`, { method: "POST", headers: { "User-Agent": "python-requests/2.32" } });
      await told.getByText("Not ready for MTN's new platform.").waitFor();
      assert.match(await told.innerText(), /FAIL 1/);
      assert.deepEqual(await faultsOfAccess(page), []);
    });
    await within(browser, base, "#audit", async (page) => {
      await page.locator(".headline").waitFor();
      assert.equal(await page.locator("#readiness").count(), 0);
    });
    await stop();
  });

  await check("the audit is told in French: its headline, its rules, its findings and names of refusals", async () => {
    await lose(merchant, callbacks, 2);
    await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
    await within(browser, base, "", async (page) => {
      await page.evaluate(() => localStorage.setItem("momo-sandbox-language", "fr"));
      await page.goto("about:blank");
      await page.goto(`${base}/_sandbox/#audit`);
      await page.getByText("débités aux payeurs sans que le marchand le sache").waitFor();
      await ruleOf(page, "money-accounted-for").getByText("connaît toutes les transactions réussies").waitFor();
      await ruleOf(page, "money-accounted-for").getByText("5,00 EUR débités au payeur sans que le marchand le sache").waitFor();
      await ruleOf(page, "polled-after-lost-callback").getByText("aucun callback n’est arrivé (perdu), et son statut n’a jamais été consulté").waitFor();
      await ruleOf(page, "own-callback-host").getByText("URL de callback d’un autre hôte").first().waitFor();
      await page.locator("#nav").getByText(/règles en échec/).waitFor({ state: "attached" });
      await page.evaluate(() => localStorage.removeItem("momo-sandbox-language"));
    });
  });
}
