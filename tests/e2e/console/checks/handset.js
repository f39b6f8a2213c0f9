// The payer's telephone: only what a payer answers rings, and nothing is taken from under the keys.

import assert from "node:assert/strict";
import { faultsOfAccess } from "../browser.js";
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

  // A merchant of its own with a label, and payments that wait for these payers.
  async function shop(label, ...waiting) {
    const other = await Merchant.at(base);
    if (label) await control(base, "PUT", `spaces/${other.user}/label`, { label });
    const references = [];
    for (const [party, amount] of waiting) references.push(await other.pay(party, { amount }));
    return { other, references };
  }
  const amounts = (page) => page.locator(".waiting strong").allInnerTexts();
  const reasonOf = async (reference, one) => (await control(base, "GET", `spaces/${one.user}/transactions/${reference}`)).reason;

  await check("the inbox lists what waits by payer, and any is picked, skipped or approved with the rest", async () => {
    const { other, references } = await shop("Boutique Adjoua", ["46700000031", "61"], ["46700000032", "62"], ["46700000031", "63"]);
    await within(browser, base, "#handset", async (page) => {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.locator(".waiting button").nth(2).waitFor();
      assert.deepEqual(await amounts(page), ["61.00 EUR", "63.00 EUR", "62.00 EUR"]);
      assert.deepEqual(await page.locator(".inbox h3").allInnerTexts(), ["46700000031", "46700000032"]);
      const [list, phone] = [await page.locator(".inbox").boundingBox(), await page.locator(".phone").boundingBox()];
      assert.ok(list.width > 800 && phone.x >= list.x + list.width && phone.y < list.y + 60, "the inbox is beside the phone");
      await page.locator(".phone .ring").getByText("Boutique Adjoua asks you to pay").waitFor();
      assert.doesNotMatch(await page.locator("#phone").innerText(), /requesttopay/);

      await page.locator("#skip-it").click();
      await page.locator(".phone .what").getByText("62.00 EUR").waitFor();
      await page.locator(`.waiting [data-reference="${references[2]}"]`).click();
      await page.locator(".phone .what").getByText("63.00 EUR").waitFor();
      assert.equal(await page.locator(".waiting [aria-current=true]").getAttribute("data-reference"), references[2]);
      assert.equal(await page.evaluate(() => document.activeElement.id), "pin");

      assert.equal(await page.locator("#approve-all").innerText(), "Approve all 3");
      await page.locator("#approve-all").click();
      await page.locator("#phone .idle").waitFor();
      await page.waitForFunction(() => document.activeElement.className === "idle");
    });
    for (const reference of references) assert.equal(await other.status(reference), "SUCCESSFUL");
  });

  await check("a payment is approved without a PIN, and the payer reads the message", async () => {
    const { other, references: [reference] } = await shop("", ["46700000033", "64"]);
    const [asked] = [await other.pay("46700000034", { amount: "65", message: "2 tickets, concert" })];
    await within(browser, base, "#handset", async (page) => {
      await page.locator(".phone .what").getByText("64.00 EUR").waitFor();
      await page.locator(".phone .ring").getByText("localhost asks you to pay").waitFor();
      await page.locator("#approve").click();
      await page.locator(".phone .what").getByText("65.00 EUR").waitFor();
      await page.locator(".phone .message").getByText("2 tickets, concert").waitFor();
      await page.locator("#phone [data-act=decline]").click();
      await page.locator("#phone .idle").waitFor();
    });
    assert.equal(await other.status(reference), "SUCCESSFUL");
    assert.equal(await reasonOf(asked, other), "APPROVAL_REJECTED");
  });

  await check("a wrong PIN, a phone that is off, a payer who cancels or gives no PIN are outcomes", async () => {
    const outcomes = { wrong_pin: "PAYMENT_NOT_APPROVED", phone_off: "EXPIRED", cancelled: "TRANSACTION_CANCELED", no_pin: "COULD_NOT_PERFORM_TRANSACTION" };
    for (const [name, reason] of Object.entries(outcomes)) {
      const { other, references: [reference] } = await shop("", ["46700000035", "66"]);
      await within(browser, base, "#handset", async (page) => {
        await page.locator(".phone .outcomes summary").click();
        await page.locator(`.phone [data-act="${name}"]`).click();
        await page.locator("#phone .idle").waitFor();
        await page.waitForFunction(() => document.activeElement !== document.body);
      });
      assert.equal(await reasonOf(reference, other), reason, name);
    }
  });

  await check("a payer approves by dialling a code, as in Côte d'Ivoire", async () => {
    const { other, references: [reference] } = await shop("", ["46700000036", "67"]);
    await within(browser, base, "#handset", async (page) => {
      await page.locator("#way").click();
      assert.equal(await page.evaluate(() => document.activeElement.id), "dial");
      await page.keyboard.type("*144#");
      await page.keyboard.press("Enter");
      assert.match(await page.locator("#dial:invalid").getAttribute("title"), /Dial \*133#/);
      assert.equal(await other.status(reference), "PENDING", "no such code");
      await page.locator("#dial").fill("*133#");
      await page.keyboard.press("Enter");
      await page.locator("#phone .idle").waitFor();
    });
    assert.equal(await other.status(reference), "SUCCESSFUL");
  });

  await check("the inbox has no serious fault of access, wide and narrow", async () => {
    const { other, references } = await shop("Shop", ["46700000037", "68"], ["46700000038", "69"]);
    await within(browser, base, "#handset", async (page) => {
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.locator(".phone .outcomes summary").click();
        assert.deepEqual(await faultsOfAccess(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `no sideways scrolling at ${width}`);
      }
    });
    for (const reference of references) await act(reference, "decline", other);
  });
}
