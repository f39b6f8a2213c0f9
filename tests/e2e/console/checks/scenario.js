// The scenario's editor: what is in force, mistakes at their lines, drafts.

import assert from "node:assert/strict";
import { breakable } from "../browser.js";
import { control } from "../merchant.js";
import { live, within } from "../page.js";

export default async function scenario({ base, browser, check, merchant }) {
  const page = await browser.page(base);

  await check("the editor marks a mistake at its line, and applies what is mended", async () => {
    await page.goto(`${base}/_sandbox/#scenario`);
    const editor = page.locator("#editor");
    await page.waitForFunction(() => document.querySelector("#editor")?.value.includes("waits for its payer"));
    const good = await editor.inputValue();
    await editor.fill('name = "mine"\n\n[[rules]]\nthen = { status = "PENDIN" }\n');
    await page.locator("#apply").click();
    await page.locator("#problems li").waitFor();
    assert.equal(await page.locator(".lines .marked").innerText(), "4");
    assert.match(await page.locator("#in-force").innerText(), /console/);
    await editor.fill('name = "mine"\n\n[[rules]]\nthen = { status = "PENDING" }\n');
    await page.locator("#apply").click();
    await page.locator("#in-force").getByText("mine").waitFor();
    await page.locator("#shipped").selectOption("declined");
    assert.match(await editor.inputValue(), /name = "declined"/);
    await page.locator("#restore").click();
    await page.locator("#in-force").getByText("console").waitFor();
    assert.equal(await editor.inputValue(), good);
    // What is in force all the same, with something to look at.
    await editor.fill('name = "unseen"\n\n[[rules]]\nthen = { status = "FAILED", reason = "OUT_OF_CREDIT" }\n');
    await page.locator("#apply").click();
    await page.locator("#in-force").getByText("unseen").waitFor();
    assert.match(await page.locator("#problems").innerText(), /^In force, with 1 warning[^]*OUT_OF_CREDIT[^]*never seen/);
    assert.equal(await page.locator(".lines .marked").innerText(), "4");
    await editor.fill('name = "known"\n\n[[rules]]\nthen = { status = "FAILED", reason = "EXPIRED" }\n');
    await page.locator("#apply").click();
    await page.waitForFunction(() => !document.querySelector("#in-force").innerText.includes("unseen"));
    assert.equal(await page.locator("#problems li").count(), 0);
    await page.locator("#restore").click();
    await page.locator("#in-force").getByText("console").waitFor();
    // For one API user only.
    await page.locator("#applies-to").selectOption(merchant.user);
    await editor.fill('name = "of one"\n[[rules]]\nthen = { status = "PENDING" }\n');
    await page.locator("#apply").click();
    await page.locator("#in-force").getByText("of one").waitFor();
    const { scenarios } = await control(base, "GET", "scenario");
    assert.equal(scenarios[0].name, "console");
    await page.locator("#restore").click();
    await page.locator("#in-force").getByText("console").waitFor();
  });

  await check("text that is not in force yet stays, whatever else is looked at", async () => {
    const draft = 'name = "half writ';
    const editor = page.locator("#editor");
    const isReady = (text) => page.waitForFunction((text) => document.querySelector("#editor")?.value === text, text);
    await page.goto("about:blank");
    await page.goto(`${base}/_sandbox/#scenario`);
    await page.locator("#in-force").getByText("console").waitFor();
    const inForce = await editor.inputValue();
    await editor.fill(draft);
    await page.locator("#nav a").first().click();
    await page.locator("#list, #start").first().waitFor();
    await page.goBack();
    await isReady(draft);
    await page.locator("#applies-to").selectOption(merchant.user);
    await isReady(inForce);
    await page.locator("#applies-to").selectOption("");
    await isReady(draft);
    await Promise.all([page.waitForEvent("load"), page.locator("#language").selectOption("fr")]);
    await isReady(draft);
    await Promise.all([page.waitForEvent("load"), page.locator("#language").selectOption("en")]);
    await isReady(draft);
    await page.locator("#draft button").click();
    await isReady(inForce);
    assert.equal(await page.locator("#draft").count(), 0);
  });

  await check("what another one puts in force is shown where nothing was written", async () => {
    await page.goto("about:blank");
    await page.goto(`${base}/_sandbox/#scenario`);
    await live(page);
    await page.locator("#in-force").getByText("console").waitFor();
    const other = 'name = "of another"\n[[rules]]\nthen = { status = "PENDING" }\n';
    await control(base, "PUT", "scenario", other, "application/toml");
    await page.waitForFunction((text) => document.querySelector("#editor").value === text, other);
    assert.equal(await page.locator("#draft").count(), 0);
    await page.locator("#editor").fill("mine");
    await control(base, "DELETE", "scenario");
    await page.locator("#in-force").getByText("console").waitFor();
    assert.equal(await page.locator("#editor").inputValue(), "mine");
    await page.locator("#draft button").click();
  });

  await check("a word on what was done goes by itself, and never contradicts the page", async () => {
    await page.goto("about:blank");
    await page.goto(`${base}/_sandbox/#scenario`);
    await page.locator("#in-force").getByText("console").waitFor();
    await page.locator("#applies-to").selectOption(merchant.user);
    await page.locator("#editor").fill('name = "of one"\n[[rules]]\nthen = { status = "PENDING" }\n');
    await page.locator("#apply").click();
    await page.locator("#said").getByText("of one").waitFor();
    await page.locator("#applies-to").selectOption("");
    await page.locator("#in-force").getByText("console").waitFor();
    assert.equal(await page.locator("#said").innerText(), "");
    await page.locator("#applies-to").selectOption(merchant.user);
    await page.locator("#restore").click();
    await page.locator("#said").getByText("restored").waitFor();
    await page.waitForFunction(() => document.querySelector("#said").innerText === "");
  });

  await check("a reset that fails says so where it was asked", async () => {
    const way = await breakable(base);
    await within(browser, way.base, "", async (page) => {
      await live(page);
      await page.locator("#reset").click();
      way.cut();
      await page.locator("#reset-yes").click();
      const error = page.locator("dialog[open]").getByText("The emulator does not answer.");
      await error.waitFor();
      const box = await error.boundingBox();
      const isOnTop = await page.evaluate(({ x, y, width, height }) =>
        document.elementFromPoint(x + width / 2, y + height / 2).closest("dialog") !== null, box);
      assert.ok(isOnTop);
    }, { mayBreak: true });
    way.close();
  });
}
