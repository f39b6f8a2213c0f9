// The scenario's editor: what is in force, mistakes at their lines, drafts.

import assert from "node:assert/strict";
import { breakable } from "../browser.js";
import { control } from "../merchant.js";
import { live, within } from "../page.js";

export default async function scenario({ base, browser, callbacks, check, merchant }) {
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

  await check("each problem is underlined at its column, and Apply stays in view", async () => {
    await within(browser, base, "#scenario", async (page) => {
      await page.locator("#in-force").getByText("console").waitFor();
      await page.locator("#editor").fill('name = "mine"\n\n[[rules]]\nthen = { status = "PENDIN", reson = "X" }\n');
      const before = await page.locator("#apply").boundingBox();
      await page.locator("#editor").press("Control+Enter");
      await page.locator("#problems li").first().waitFor();
      assert.deepEqual(await page.locator(".marks mark").allInnerTexts(), ['"PENDIN"', "reson"]);
      assert.deepEqual(await page.locator("#apply").boundingBox(), before);
      // The marks lie under the letters of the text.
      const [mark, at] = await page.evaluate(() => {
        const field = document.querySelector("#editor");
        const style = getComputedStyle(field);
        const context = document.createElement("canvas").getContext("2d");
        context.font = style.font;
        const left = field.getBoundingClientRect().left + parseFloat(style.paddingLeft);
        return [document.querySelector(".marks mark").getBoundingClientRect().left, left + context.measureText("then = { status = ").width];
      });
      assert.ok(Math.abs(mark - at) < 2, `${mark} is not ${at}`);
      await page.locator("#editor").fill('name = "mended"\n\n[[rules]]\nthen = { status = "PENDING" }\n');
      assert.equal(await page.locator(".marks mark").count(), 0);
      await page.locator("#editor").press("Meta+Enter");
      await page.locator("#in-force").getByText("mended").waitFor();
      await page.locator("#restore").click();
      await page.locator("#in-force").getByText("console").waitFor();
    });
  });

  await check("a fault is in force by one click, a banner says so everywhere, and one click ends it", async () => {
    const other = await browser.page(base);
    await within(browser, base, "#scenario", async (page) => {
      await live(page);
      await other.goto(`${base}/_sandbox/#audit`);
      await live(other);
      await page.locator("#find-fault").fill("lost way");
      assert.deepEqual(await page.locator("#faults h4").allInnerTexts(), ["missed-callback"]);
      assert.match(await page.locator("#faults").innerText(), /Every callback is lost on the way/);
      await page.locator("#faults button").click();
      const banner = page.locator("#banner");
      await banner.getByText("“missed-callback” is in force for all API users").waitFor();
      assert.match(await banner.innerText(), /until (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d/);
      await page.locator("#in-force").getByText("missed-callback").waitFor();
      const { until } = await control(base, "GET", "scenario");
      const { now } = await control(base, "GET", "clock");
      assert.ok(Math.abs(Date.parse(until) - Date.parse(now) - 600_000) < 60_000, until);
      const reference = await merchant.pay("46733123999", { callback: callbacks.url });
      await merchant.wait(reference, { callback: "lost" });
      // In the other tab too, which ends it.
      await other.locator("#banner").getByText("missed-callback").waitFor();
      await other.locator("#banner button").click();
      await page.waitForFunction(() => document.querySelector("#banner").textContent.trim() === "");
      await page.locator("#in-force").getByText("console").waitFor();
      assert.equal((await control(base, "GET", "scenario")).scenarios[0].name, "console");
    });
    await other.close();
  });

  await check("a fault for one API user, until it is ended, is of that one alone", async () => {
    await within(browser, base, "#scenario", async (page) => {
      await page.locator("#in-force").getByText("console").waitFor();
      await page.locator("#applies-to").selectOption(merchant.user);
      await page.locator("#how-long").selectOption("until_ended");
      await page.locator("#find-fault").fill("declined");
      await page.locator("#faults button").click();
      const banner = page.locator("#banner");
      await banner.getByText(`“declined” is in force for ${merchant.user.slice(0, 8)}`).waitFor();
      assert.match(await banner.innerText(), /until somebody ends it/);
      const { scenarios, spaces } = await control(base, "GET", "scenario");
      assert.equal(scenarios[0].name, "console");
      assert.deepEqual(spaces.map((each) => each.api_user), [merchant.user]);
      // It is listed among those with a scenario of their own, and opens by a click.
      await page.locator("#applies-to").selectOption("");
      await page.locator("#in-force").getByText("console").waitFor();
      await page.locator("#own button").getByText("declined").click();
      await page.waitForFunction(() => document.querySelector("#editor").value.includes('name = "declined"'));
      assert.equal(await page.locator("#applies-to").inputValue(), merchant.user);
      await banner.locator("button").click();
      await page.locator("#in-force").getByText("console").waitFor();
      assert.equal(await page.locator("#own").count(), 0);
    });
  });

  await check("the banner goes at the end of the time, also when the clock is moved there", async () => {
    await within(browser, base, "", async (page) => {
      await live(page);
      // By another program, for a time.
      await control(base, "PUT", "scenario?for=30m", { shipped: ["expired"] });
      await page.locator("#banner").getByText("expired").waitFor();
      await control(base, "POST", "clock/advance", { by: "31m" });
      await page.waitForFunction(() => document.querySelector("#banner").textContent.trim() === "");
    });
  });

  await check("a request is tried by what is in force, in words", async () => {
    await within(browser, base, "#scenario", async (page) => {
      await page.locator("#in-force").getByText("console").waitFor();
      await page.locator("#applies-to").selectOption(merchant.user);
      const answer = page.locator("#trial-answer");
      await page.locator('#trial [name="party"]').fill("46733123451");
      await page.locator('#trial [name="party"]').press("Enter");
      await answer.getByText("FAILED APPROVAL_REJECTED").waitFor();
      assert.match(await answer.innerText(), /PENDING at once, FAILED APPROVAL_REJECTED after \d+ ms/);
      assert.match(await answer.innerText(), /MTN's test value/);
      await page.locator('#trial [name="party"]').fill("46711000002");
      await page.locator("#trial button").click();
      await answer.getByText("lost: it never arrives").waitFor();
      assert.match(await answer.innerText(), /“console”, rule \d+/);
      assert.equal(await page.locator("#trial-draft").count(), 0);
      await page.locator("#editor").fill("name = ");
      await page.locator("#trial-draft").waitFor();
      await page.locator('#trial [name="amount"]').fill("much");
      await page.locator("#trial button").click();
      await answer.locator(".wrong").getByText("amount").waitFor();
      await page.locator("#draft button").click();
    }, { refusals: [400] });
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
