// The requests of the emulated API, and what is said of callbacks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { faultsOfAccess } from "../browser.js";
import { Merchant, control } from "../merchant.js";
import { live, row, within } from "../page.js";

const ELSEWHERE = { "X-Callback-Url": "http://elsewhere.example/momo" };

const card = (page, name) => page.locator(`[data-card="${name}"]`);

const hash = (page) => new URL(page.url()).hash;

// A listener that refuses every callback, and says why.
async function refusingListener() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(503, { "Content-Type": "application/json" }).end('{"error":"the till is closed"}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://localhost:${server.address().port}/momo`, close: () => server.close() };
}

export default async function requests({ base, browser, callbacks, check, merchant, start }) {
  const rows = (page) => page.locator("#requests tbody tr");

  await check("refused requests are first, each with why, and more come by themselves", async () => {
    await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
    const paid = await merchant.pay("46733123999");
    await within(browser, base, "#requests", async (page) => {
      await live(page);
      const first = rows(page).first();
      await first.getByText("callback URL of another host").waitFor();
      assert.match(await first.innerText(), /POST \/collection\/v1_0\/requesttopay[^]*500[^]*elsewhere\.example/);
      const good = rows(page).filter({ hasText: paid.slice(0, 8) }).or(rows(page).filter({ hasText: "202" })).first();
      await good.waitFor();
      await merchant.payInVain("46733123999", 401, { Authorization: "Bearer nobody" });
      await rows(page).first().getByText("no valid token").waitFor();
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
      // By the name of a refusal, as the row shows it.
      await page.locator('input[name="find"]').fill("Another Host");
      await rows(page).first().getByText("callback URL of another host").waitFor();
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
      assert.match(await told.innerText(), /401: subscription key missing: The request has no subscription key/);
      assert.match(await told.innerText(), /Send the header Ocp-Apim-Subscription-Key/);
      await told.locator("a").click();
      await rows(page).first().getByText("subscription key missing").waitFor();
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
      await verdict(page.locator("#callbacks tr").filter({ hasText: reference.slice(0, 8) })).first().waitFor();
      await page.goto(`${base}/_sandbox/#payment/${reference}/${other.user}`);
      await verdict(page.locator(".attempt")).waitFor();
      await page.locator("#time-line .events li.bad").getByText("contradicts the status").waitFor();
    });
  });

  await check("a refused request is shown whole on Enter, at an address of its own", async () => {
    const reference = await merchant.payInVain("46733123999", 500, ELSEWHERE);
    await within(browser, base, `#requests?find=${reference}&only=refused`, async (page) => {
      await rows(page).locator("a").first().press("Enter");
      const request = card(page, "request");
      await request.getByText('"partyId": "46733123999"').waitFor();
      assert.match(hash(page), /^#requests\/\d+\?only=refused&find=/);
      assert.match(await request.innerText(), /^Request\s+POST \/collection\/v1_0\/requesttopay HTTP\/1\.1\n[^]*authorization: Bearer \[redacted\]/);
      assert.match(await card(page, "answer").innerText(), /HTTP\/1\.1 500[^]*\n {2}"code": "INVALID_CALLBACK_URL_HOST"/);
      const facts = await page.locator("main dl").innerText();
      for (const fact of [/callback URL of another host\s+callback_host/, /elsewhere\.example/, /Remedy\s+Send callbacks to the host/, new RegExp(merchant.user)]) assert.match(facts, fact);
      assert.match(await card(page, "as_curl").innerText(), /curl --silent[^]*"\$MOMO_SANDBOX_TOKEN"/);
      const told = await page.content();
      assert.ok(!told.includes(merchant.headers.Authorization.slice(7)), "the token is on the page");
      assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
      assert.deepEqual(await faultsOfAccess(page), []);
      await page.reload();
      await request.getByText('"partyId": "46733123999"').waitFor();
      await page.locator("a.back").click();
      await rows(page).first().waitFor();
      assert.equal(hash(page), `#requests?only=refused&find=${reference}`);
    });
  });

  await check("of a request that was not recorded it is said, with a switch that records all", async () => {
    const reference = await merchant.pay("46733123999");
    const open = async (page, wanted) => {
      await page.goto("about:blank");
      await page.goto(`${base}/_sandbox/#requests?find=${wanted}`);
      await rows(page).locator("a").first().click();
    };
    await within(browser, base, "", async (page) => {
      await open(page, reference);
      const missing = page.locator("#not-recorded");
      await missing.getByText("were not recorded").waitFor();
      assert.match(await missing.innerText(), /µs of CPU for each request/);
      assert.deepEqual(await faultsOfAccess(page), []);
      await missing.locator("#record-all").check();
      await missing.getByText("This costs about").waitFor();
      assert.equal((await control(base, "GET", "recording")).record, "all");
      await open(page, await merchant.pay("46733123999"));
      await card(page, "answer").getByText("HTTP/1.1 202 Accepted").waitFor();
      await page.locator("a.back").click();
      await page.locator("#record-all").uncheck();
      await page.getByText("Being recorded: what is refused").waitFor();
      assert.equal((await control(base, "GET", "recording")).record, "refused");
      await control(base, "PUT", "recording", { record: "none" });
      await page.reload();
      await page.getByText("Nothing is being recorded.").waitFor();
      await control(base, "PUT", "recording", { record: "refused" });
      await page.goto(`${base}/_sandbox/#requests/999999999`);
      await page.getByText("This is not there.").waitFor();
    });
  });

  await check("requests are filtered by refusal, status, operation, API user and text, in the address", async () => {
    const other = await Merchant.at(base);
    await other.payInVain("46733123444", 500, ELSEWHERE);
    await other.pay("46733123444");
    await fetch(`${base}/collection/v1_0/account/balance`);
    await within(browser, base, "#requests", async (page) => {
      const field = (name) => page.locator(`[name="${name}"]`);
      const all = async (pattern) => {
        await rows(page).first().waitFor();
        for (const text of await rows(page).allInnerTexts()) assert.match(text, pattern);
      };
      await live(page);
      await field("space").selectOption(other.user);
      await rows(page).filter({ hasText: "202" }).waitFor();
      await all(new RegExp(other.user.slice(0, 8)));
      await field("status").fill("2");
      await rows(page).filter({ hasText: "500" }).waitFor({ state: "detached" });
      await field("operation").selectOption("CreateAccessToken");
      await rows(page).filter({ hasText: "RequesttoPay" }).waitFor({ state: "detached" });
      await all(/CreateAccessToken[^]*200/);
      await field("status").fill("");
      await field("operation").selectOption("");
      await rows(page).filter({ hasText: "202" }).waitFor();
      await field("only").check();
      await rows(page).filter({ hasText: "202" }).waitFor({ state: "detached" });
      await field("status").fill("5");
      await field("operation").selectOption("RequesttoPay");
      await all(/500/);
      // It stands in the body alone.
      await field("find").fill("46733123444");
      await page.waitForFunction(() => document.querySelectorAll("#requests tbody tr").length === 1);
      const address = `#requests?only=refused&status=5&operation=RequesttoPay&space=${other.user}&find=46733123444`;
      assert.equal(hash(page), address);
      await page.reload();
      await rows(page).first().waitFor();
      assert.equal(await rows(page).count(), 1);
      for (const [name, value] of [["status", "5"], ["operation", "RequesttoPay"], ["space", other.user]]) assert.equal(await field(name).inputValue(), value);
      await page.locator("#clear").click();
      await rows(page).nth(1).waitFor();
      assert.equal(hash(page), "#requests");
      await field("space").selectOption("none");
      await rows(page).filter({ hasText: "subscription key missing" }).first().waitFor();
      await all(/–/);
    });
  });

  await check("an answer that a scenario delays is shown once it went out", async () => {
    // By the clock of the machine: one that is moved would have the page look again.
    const other = await Merchant.at(base);
    const scenario = 'name = "slow"\n[[rules]]\nsubmit = { delay = "4s" }\n';
    await control(base, "PUT", `spaces/${other.user}/scenario`, scenario, "application/toml");
    await control(base, "PUT", "recording", { record: "all" });
    const paying = other.pay("46733123999");
    const asked = async () => (await control(base, "GET", `requests?api_user=${other.user}&operation=RequesttoPay`)).requests;
    while ((await asked()).length === 0) await new Promise(setImmediate);
    const [{ number }] = await asked();
    await within(browser, base, `#requests/${number}`, async (page) => {
      await page.getByText("No answer so far.").waitFor();
      await card(page, "answer").getByText("HTTP/1.1 202 Accepted").waitFor();
    });
    await paying;
    await control(base, "PUT", "recording", { record: "refused" });
  });

  await check("what is shown is exported as HAR", async () => {
    const other = await Merchant.at(base);
    await other.payInVain("46733123999", 500, ELSEWHERE);
    await within(browser, base, `#requests?space=${other.user}`, async (page) => {
      await rows(page).nth(1).waitFor();
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#har a").click()]);
      assert.equal(download.suggestedFilename(), "momo-sandbox.har");
      const { log } = JSON.parse(readFileSync(await download.path(), "utf8"));
      assert.deepEqual(log.entries.map(({ response }) => response.status), [500]);
      assert.match(log.entries[0].request.postData.text, /46733123999/);
    });
  });

  await check("callbacks are filtered by verdict and API user, and show what the listener answered", async () => {
    const refusing = await refusingListener();
    const other = await Merchant.at(base);
    const reference = await other.pay("46733123999", { callback: refusing.url });
    await other.wait(reference, { callback: "answered" });
    // More than the view asks for where nothing is filtered.
    for (let each = 0; each < 110; each += 1) await merchant.pay("46733123999", { callback: callbacks.url });
    const last = await merchant.pay("46733123999", { callback: callbacks.url });
    await merchant.wait(last, { callback: "answered" });
    const sent = (page) => page.locator("#callbacks tbody tr");
    await within(browser, base, `#callbacks?verdict=answered_5xx&space=${other.user}`, async (page) => {
      await sent(page).first().waitFor();
      assert.equal(await sent(page).count(), 1);
      assert.match(await sent(page).innerText(), new RegExp(`answered 503[^]*${reference.slice(0, 8)}`));
      await sent(page).locator("a").first().press("Enter");
      await card(page, "answer").getByText('"error": "the till is closed"').waitFor();
      assert.match(hash(page), new RegExp(`^#callbacks/\\d+\\?verdict=answered_5xx&space=${other.user}$`));
      assert.match(await card(page, "answer").innerText(), /HTTP\/1\.1 503 Service Unavailable/);
      assert.match(await card(page, "request").innerText(), /POST http:\/\/localhost:\d+\/momo[^]*"status": "SUCCESSFUL"/);
      await page.locator(".title .badge").getByText("answered 503").waitFor();
      assert.deepEqual(await faultsOfAccess(page), []);
      await page.locator("a.back").click();
      await page.locator('[name="verdict"]').selectOption("delivered");
      await page.getByText("Nothing matches this filter.").waitFor();
      assert.equal(hash(page), `#callbacks?verdict=delivered&space=${other.user}`);
      await page.locator("#clear").click();
      await sent(page).nth(5).waitFor();
    });
    refusing.close();
  });
}
