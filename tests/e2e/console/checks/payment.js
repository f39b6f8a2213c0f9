// A payment's page: its time line to scale, acts by hand, the bodies compared, the ways to others.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { faultsOfAccess } from "../browser.js";
import { Merchant, control } from "../merchant.js";
import { within } from "../page.js";

const put = (base, user, scenario) => control(base, "PUT", `spaces/${user}/scenario`, scenario, "application/toml");

// A listener that keeps what came.
async function keeping() {
  const bodies = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    bodies.push(JSON.parse(text));
    response.writeHead(200).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { bodies, url: `http://localhost:${server.address().port}/momo`, close: () => server.close() };
}

export default async function payment({ base, browser, callbacks, check, merchant }) {
  const place = (reference, one = merchant) => `#payment/${reference}/${one.user}`;
  const record = (reference, one = merchant) => control(base, "GET", `spaces/${one.user}/transactions/${reference}`);
  const advance = (one, by) => control(base, "POST", `spaces/${one.user}/clock/advance`, { by });
  const report = async (one) => {
    const { counts, money, rules, verdict } = await control(base, "GET", `spaces/${one.user}/report`);
    return { counts, money, rules, verdict };
  };

  // A payment that a merchant asks for five minutes after its acceptance, every 3 s, then every 6 s.
  async function polled() {
    const other = await Merchant.at(base);
    const reference = await other.pay("46733123999");
    await other.wait(reference, { status: "SUCCESSFUL" });
    await advance(other, "5m");
    for (const by of ["3s", "3s", "3s", "6s", "6s"]) {
      await other.status(reference);
      await advance(other, by);
    }
    return { other, reference };
  }

  await check("the time line is to scale, has a lane each and a tick for each query, and cuts what is quiet", async () => {
    const { other, reference } = await polled();
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#time-line .tick").nth(4).waitFor({ state: "attached" });
      const x = await page.locator("#time-line .tick").evaluateAll((ticks) => ticks.map((tick) => Number(tick.getAttribute("d").match(/^M([\d.]+)/)[1])));
      const steps = x.slice(1).map((at, number) => at - x[number]);
      const [short, long] = [steps[0], steps[3]];
      assert.ok(Math.abs(long / short - 2) < 0.1, `6 s is twice as wide as 3 s: ${steps}`);
      assert.ok(short > 60, `the pace is to be seen: ${steps}`);
      assert.equal(await page.locator("#time-line .cut text").innerHTML().then((text) => text.replace(/<!--.*?-->/g, "")), "5 min");
      const lanes = await page.locator("#time-line .lane").evaluateAll((all) => all.map((one) => one.textContent));
      assert.deepEqual(lanes, ["Payer", "Emulator", "Merchant"]);
      // Each in its lane: the ticks are below the statuses.
      const y = async (chosen) => (await page.locator(`#time-line ${chosen}`).first().boundingBox()).y;
      assert.ok(await y(".good circle") < await y(".tick"), "the merchant's lane is below the emulator's");
      const list = page.locator("#time-line .events");
      assert.equal(await list.evaluate((node) => getComputedStyle(node).clipPath), "inset(50%)", "for those who do not see the picture");
      assert.match(await list.innerText(), /merchant asks \(5 times\): told SUCCESSFUL/);
    });
  });

  await check("no two labels of the time line lie on each other", async () => {
    const { other, reference } = await polled();
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#time-line .tick").nth(4).waitFor({ state: "attached" });
      const overlaps = await page.locator("#time-line g.event > text").evaluateAll((texts) => {
        const boxes = texts.map((text) => text.getBBox());
        return boxes.flatMap((one, place) => boxes.slice(place + 1).filter((other) =>
          one.x < other.x + other.width && other.x < one.x + one.width && one.y + 3 < other.y + other.height && other.y + 3 < one.y + one.height)).length;
      });
      assert.equal(overlaps, 0);
    });
  });

  await check("no label of the time line is cut off, on a desk and on a telephone, in French too", async () => {
    const { other, reference } = await polled();
    await within(browser, base, place(reference, other), async (page) => {
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(() => localStorage.setItem("momo-sandbox-language", "fr"));
        await page.reload();
        await page.locator("#time-line .tick").nth(4).waitFor({ state: "attached" });
        const cut = await page.locator("#time-line svg").evaluate((picture) => [...picture.querySelectorAll("g.event > text")].filter((text) => {
          const { x, width: wide } = text.getBBox();
          return x < -1 || x + wide > picture.viewBox.baseVal.width + 1;
        }).map((text) => text.textContent));
        assert.deepEqual(cut, [], `at ${width}`);
      }
      await page.evaluate(() => localStorage.removeItem("momo-sandbox-language"));
    });
  });

  await check("what a payer did stands in the payer's lane, and a payout has no payer", async () => {
    const reference = await merchant.pay("46700000041");
    await control(base, "POST", `spaces/${merchant.user}/transactions/${reference}/decline`);
    await within(browser, base, place(reference), async (page) => {
      await page.locator("#time-line .text").getByText("payer declined").waitFor();
      const [acted, lane] = [await page.locator("#time-line .text").getByText("payer declined").boundingBox(), await page.locator("#time-line .lane").nth(1).boundingBox()];
      assert.ok(acted.y < lane.y);
    });
    const payout = await merchant.payOut("46733123999", "5");
    await within(browser, base, place(payout), async (page) => {
      await page.locator("#time-line .lane").first().waitFor();
      assert.equal(await page.locator("#time-line .lane").count(), 2);
    });
  });

  await check("a payment's page lets its payer answer, and the keyboard stays in the view", async () => {
    for (const [press, expected] of [["approve", "SUCCESSFUL"], ["decline", "FAILED"], ["wrong_pin", "FAILED"]]) {
      const reference = await merchant.pay("46700000042");
      await within(browser, base, place(reference), async (page) => {
        if (press === "wrong_pin") await page.locator("article .outcomes summary").click();
        await page.locator(`article [data-act="${press}"]`).focus();
        await page.keyboard.press("Enter");
        await page.locator("h2.title .badge").getByText(expected).waitFor();
        assert.equal(await page.locator("article [data-act]").count(), 0);
        await page.waitForFunction(() => document.activeElement.id === "main");
      });
    }
  });

  await check("a callback is sent again by hand, is marked so, and changes nothing in the audit", async () => {
    const [other, kept] = [await Merchant.at(base), await keeping()];
    await put(base, other.user, 'name = "l"\n[[rules]]\ncallback = { fate = "lost" }\n');
    const reference = await other.pay("46733123999", { callback: kept.url });
    await other.wait(reference, { callback: "lost" });
    const before = await report(other);
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#callback").click();
      await page.locator(".attempt .badge").getByText("sent by hand").waitFor();
      await page.locator("#time-line .text").getByText("callback sent (sent by hand)").waitFor();
      assert.match(await page.locator("#callback ~ small").innerText(), /audit leaves it out/);
    });
    assert.equal(kept.bodies.length, 1);
    assert.equal(kept.bodies[0].status, "SUCCESSFUL");
    assert.deepEqual(await report(other), before);
    kept.close();
  });

  await check("a request is submitted again by hand, and its payment is marked so", async () => {
    const other = await Merchant.at(base);
    const reference = await other.pay("46733123999", { amount: "71", callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    const before = await report(other);
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#replay").click();
      await page.waitForFunction((old) => !location.hash.includes(old), reference);
      await page.locator("h2.title .badge").getByText("sent by hand").waitFor();
      await page.locator("h2.title").getByText("71.00 EUR").waitFor();
      const made = new URL(page.url()).hash.split("/")[1];
      const { manual, party } = await record(made, other);
      assert.deepEqual([manual, party], [true, "46733123999"]);
      await other.wait(made, { callback: "answered" });
    });
    assert.deepEqual(await report(other), before);
  });

  await check("a callback's body stands beside the status body, and what differs is marked, nested fields too", async () => {
    const other = await Merchant.at(base);
    const text = JSON.stringify({ externalId: "x", amount: "5", currency: "EUR", payer: { partyIdType: "MSISDN", partyId: "46733000000" }, status: "FAILED" });
    await put(base, other.user, `name = "f"\n[[rules]]\ncallback = { body = { text = '${text}' } }\n`);
    const reference = await other.pay("46733123999", { amount: "5", callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    await within(browser, base, place(reference, other), async (page) => {
      const [sent, told] = [page.locator(".beside > div").nth(0), page.locator(".beside > div").nth(1)];
      await sent.locator("mark").first().waitFor();
      const marks = async (side) => (await side.locator("mark").allInnerTexts()).map((line) => line.trim().replace(/,$/, ""));
      assert.deepEqual(await marks(sent), ['"externalId": "x"', '"partyId": "46733000000"', '"status": "FAILED"']);
      assert.deepEqual((await marks(told)).slice(-2), ['"partyId": "46733123999"', '"status": "SUCCESSFUL"']);
      assert.match(await page.locator(".differences").innerText(), /payer\.partyId/);
      assert.match(await sent.locator("code").innerText(), /^\{\n {2}"externalId": "x",\n/);
      assert.doesNotMatch((await marks(sent)).join(), /currency|amount/);
      const [left, right] = [await sent.boundingBox(), await told.boundingBox()];
      assert.ok(right.x >= left.x + left.width && right.y === left.y, "side by side");
      // What is copied is the body, and no mark.
      assert.deepEqual(JSON.parse(await sent.locator("code").textContent()), JSON.parse(text));
    });
  });

  await check("a body that is no JSON is shown as it went out", async () => {
    const other = await Merchant.at(base);
    await put(base, other.user, 'name = "m"\n[[rules]]\ncallback = { body = { text = "<p>no</p>" } }\n');
    const reference = await other.pay("46733123999", { callback: callbacks.url });
    await other.wait(reference, { callback: "answered" });
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator(".beside code").first().waitFor();
      assert.equal(await page.locator(".beside code").first().innerText(), "<p>no</p>");
    });
  });

  await check("previous and next are those of the list, by its filter", async () => {
    const other = await Merchant.at(base);
    const [first, , third] = [await other.pay("46700000043", { amount: "81" }), await other.pay("46733123999", { amount: "82" }), await other.pay("46700000043", { amount: "83" })];
    await within(browser, base, `#payments?space=${other.user}&find=46700000043`, async (page) => {
      const title = (amount) => page.locator("h2.title").getByText(`${amount}.00 EUR`).waitFor();
      await page.locator(`#list tr[data-reference="${third}"] a`).first().click();
      await title(83);
      assert.equal(await page.locator("[rel=prev]").count(), 0, "it is the newest");
      await page.locator("[rel=next]").click();
      await title(81);
      assert.equal(await page.locator("[rel=next]").count(), 0, "the one between does not pass the filter");
      await page.locator("[rel=prev]").click();
      await title(83);
    });
    await within(browser, base, place(first, other), async (page) => {
      await page.locator("[rel=prev]").click();
      await page.locator("h2.title").getByText("82.00 EUR").waitFor();
    });
    for (const reference of [first, third]) await control(base, "POST", `spaces/${other.user}/transactions/${reference}/decline`);
  });

  await check("every block that one may want has Copy", async () => {
    const reference = await merchant.pay("46733123999", { callback: callbacks.url });
    await merchant.wait(reference, { callback: "answered" });
    await within(browser, base, place(reference), async (page) => {
      await page.locator("#calls .copy").waitFor();
      const bare = await page.locator("article pre").evaluateAll((all) => all.filter((one) => !one.parentElement.matches(".copyable")).length);
      assert.equal(bare, 0);
      assert.equal(await page.locator("article pre").count(), 5, "head and both bodies of the callback, the status body, the calls");
      assert.equal(await page.locator("article dl .copy").count(), 3, "reference id, API user, callback URL");
    });
  });

  await check("a payment's page has no serious fault of access, wide and narrow", async () => {
    const { other, reference } = await polled();
    await within(browser, base, place(reference, other), async (page) => {
      await page.locator("#time-line .tick").first().waitFor({ state: "attached" });
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await faultsOfAccess(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `no sideways scrolling at ${width}`);
      }
    });
  });
}
