// The single keys: what they do, when they do nothing, and that they can be switched off.

import assert from "node:assert/strict";
import { control } from "../merchant.js";
import { live, row, within } from "../page.js";

const focusedReference = (page) => page.evaluate(() => document.activeElement.closest("tr")?.dataset.reference ?? null);

export default async function keyboard({ base, browser, check, merchant }) {
  const older = await merchant.pay("46700000011", { amount: "11" });
  const newer = await merchant.pay("46700000012", { amount: "12" });
  const statusOf = async (reference) => (await control(base, "GET", `spaces/${merchant.user}/transactions/${reference}`)).status;

  await check("keys move through the list, open a payment and lead to the search", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      await row(page, newer).waitFor();
      const press = (key) => page.keyboard.press(key);
      await press("j");
      assert.equal(await focusedReference(page), newer);
      await press("j");
      assert.equal(await focusedReference(page), older);
      await press("j");
      assert.equal(await focusedReference(page), older);
      await press("k");
      assert.equal(await focusedReference(page), newer);
      await press("Enter");
      await page.locator("#time-line").waitFor();
      assert.ok(page.url().includes(newer), page.url());
      await press("/");
      await page.waitForFunction(() => document.activeElement.name === "find");
      assert.match(page.url(), /#payments$/);
      // What is typed is text.
      await page.keyboard.type("jade?/");
      assert.equal(await page.locator('[name="find"]').inputValue(), "jade?/");
      assert.equal(await page.locator("dialog[open]").count(), 0);
      await press("Shift+Tab");
      assert.notEqual(await page.evaluate(() => document.activeElement.name), "find");
    });
  });

  await check("keys do nothing together with Ctrl, Alt or Meta", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      await row(page, newer).waitFor();
      for (const modifier of ["Control", "Alt", "Meta"]) {
        for (const key of ["j", "?"]) {
          await page.evaluate(([modifier, key]) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, [`${modifier.replace("Control", "Ctrl").toLowerCase()}Key`]: true })), [modifier, key]);
        }
        assert.equal(await focusedReference(page), null, modifier);
        assert.equal(await page.locator("dialog[open]").count(), 0, modifier);
      }
    });
  });

  await check("the keys are told in a dialog, which the button opens too, and can be switched off", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      await row(page, newer).waitFor();
      await page.keyboard.press("?");
      const dialog = page.locator("dialog[open]");
      await dialog.getByText("Keyboard shortcuts").waitFor();
      assert.deepEqual(await dialog.locator("kbd").allInnerTexts(), ["/", "j", "k", "Enter", "a", "d", "e", "?"]);
      await page.keyboard.press("Escape");
      assert.equal(await dialog.count(), 0);
      await page.locator("#keys").click();
      await dialog.getByRole("checkbox").uncheck();
      await dialog.getByRole("button", { name: "Close" }).click();
      assert.equal(await page.evaluate(() => document.activeElement.id), "keys");
      for (const key of ["j", "?", "/"]) await page.keyboard.press(key);
      assert.equal(await focusedReference(page), null);
      assert.equal(await dialog.count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement.id), "keys");
      await page.reload();
      await row(page, newer).waitFor();
      await page.keyboard.press("j");
      assert.equal(await focusedReference(page), null);
      await page.locator("#keys").click();
      await dialog.getByRole("checkbox").check();
      await page.keyboard.press("Escape");
      await page.keyboard.press("j");
      assert.equal(await focusedReference(page), newer);
    });
  });

  await check("keys let the payer of the row answer, and nobody else", async () => {
    const [first, second, third, fourth] = await Promise.all(["21", "22", "23", "24"].map((amount) => merchant.pay("46700000020", { amount })));
    await within(browser, base, "#payments?find=46700000020&status=PENDING", async (page) => {
      await live(page);
      await row(page, fourth).waitFor();
      // Nothing is chosen.
      await page.keyboard.press("a");
      await page.keyboard.press("d");
      for (const [key, status] of [["a", "SUCCESSFUL"], ["d", "FAILED"], ["e", "FAILED"]]) {
        await page.keyboard.press("j");
        const reference = await focusedReference(page);
        await page.keyboard.press(key);
        await row(page, reference).waitFor({ state: "detached" });
        assert.equal(await statusOf(reference), status);
        // The row is gone, and the focus is on another one.
        assert.notEqual(await focusedReference(page), null);
      }
      const left = await focusedReference(page);
      assert.equal(await statusOf(left), "PENDING");
      await page.locator('[name="find"]').fill("");
      await page.keyboard.type("a");
      assert.equal(await statusOf(left), "PENDING");
      await page.evaluate(([left, user]) => { location.hash = `#payment/${left}/${user}`; }, [left, merchant.user]);
    });
    assert.equal((await Promise.all([first, second, third, fourth].map(statusOf))).filter((status) => status === "PENDING").length, 1);
  });

  await check("a button in a row lets the payer answer, and the focus stays in the row", async () => {
    const reference = await merchant.pay("46700000025", { amount: "25" });
    await within(browser, base, "", async (page) => {
      await live(page);
      const button = row(page, reference).locator("[data-act=approve]");
      await button.focus();
      await page.keyboard.press("Enter");
      await row(page, reference).getByText("SUCCESSFUL").waitFor();
      assert.equal(await button.count(), 0);
      assert.equal(await focusedReference(page), reference);
    });
  });

  await check("keys answer on the payment's page and on the handset", async () => {
    const [declined, expired] = await Promise.all(["26", "27"].map((amount) => merchant.pay("46700000026", { amount })));
    await within(browser, base, `#payment/${declined}/${merchant.user}`, async (page) => {
      await live(page);
      await page.locator("main [data-act=decline]").waitFor();
      await page.keyboard.press("d");
      await page.locator("h2.title").getByText("FAILED").waitFor();
      await page.goto(`${base}/_sandbox/#handset`);
      await page.locator(`.waiting [data-reference="${expired}"]`).click();
      await page.locator(".phone .what").getByText("27.00 EUR").waitFor();
      await page.evaluate(() => document.activeElement.blur());
      // An entry that is not on the screen is no choice.
      await page.locator(".waiting [aria-current=false]").first().focus();
      await page.keyboard.press("e");
      assert.equal(await statusOf(expired), "PENDING");
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("e");
      await page.locator(`.waiting [data-reference="${expired}"]`).waitFor({ state: "detached" });
      assert.equal(await statusOf(expired), "FAILED");
    });
    assert.equal(await statusOf(declined), "FAILED");
  });
}
