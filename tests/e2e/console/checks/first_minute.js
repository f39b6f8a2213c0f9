// The first minute: a payment and its callback without any program, and programs to copy.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { faultsOfAccess } from "../browser.js";
import { control, unlock } from "../merchant.js";
import { live, row, within } from "../page.js";

const run = promisify(execFile);

// What runs a snippet, and what it prints of a payment that succeeded.
const PROGRAMS = {
  curl: ["sh", "first-payment.sh"], PowerShell: ["pwsh", "first-payment.ps1"], "Node.js": [process.execPath, "first-payment.mjs"],
  Python: ["python3", "first-payment.py"], PHP: ["php", "first-payment.php"],
};
const FIRST_LINES = { curl: "BASE=http", PowerShell: "$Base = ", "Node.js": "// Node.js 18", Python: "# Python 3", PHP: "<?php" };

const isThere = async (program) => run("sh", ["-c", `command -v ${program}`]).then(() => true, () => false);

export default async function firstMinute({ browser, check, start }) {
  const states = (page) => page.locator("#steps li").evaluateAll((items) => items.map((item) => item.dataset.state));

  await check("one click sends a payment, and its callback is seen to arrive within ten seconds", async () => {
    const fresh = await start();
    await within(browser, fresh.base, "", async (page) => {
      await page.locator("#start").waitFor();
      await live(page);
      assert.match(await page.locator("#start-scenario").innerText(), /No scenario is in force: MTN's test numbers/);
      const began = Date.now();
      await page.locator("#send-test").click();
      await page.waitForFunction(() => document.querySelectorAll('#steps [data-state="done"]').length === 5);
      console.log(`  the callback was seen after ${Date.now() - began} ms`);
      assert.ok(Date.now() - began < 10_000);
      const told = await page.locator("#steps").innerText();
      assert.match(told, /requesttopay → 202[^]*→ 200 SUCCESSFUL[^]*\/_sandbox\/listener\s+\{[^]*"status":"SUCCESSFUL"/);
      // The steps stay while the list takes the place of the first page.
      const { transactions } = await control(fresh.base, "GET", "transactions");
      await row(page, transactions[0].reference_id).getByText("delivered").waitFor();
      assert.equal((await states(page)).length, 5);
      assert.deepEqual(await faultsOfAccess(page), []);
      // The calls were made as a program makes them, and the audit leaves them out.
      const { entries } = await control(fresh.base, "GET", "journal?event=request");
      assert.ok(entries.some(({ request }) => request.path === "/collection/v1_0/requesttopay" && request.status === 202));
      const { spaces } = await control(fresh.base, "GET", "spaces");
      assert.deepEqual(spaces.map((each) => [each.label, each.excluded]), [["Test payment", true]]);
      await page.getByRole("link", { name: "Look at the payment" }).click();
      await page.waitForFunction((id) => location.hash.startsWith(`#payment/${id}`), transactions[0].reference_id);
    });
    await fresh.stop();
  });

  await check("each test number says what it does, and does it", async () => {
    const fresh = await start();
    await within(browser, fresh.base, "", async (page) => {
      await page.locator("#send-test").waitFor();
      const texts = await page.locator("#test-number option").allInnerTexts();
      assert.ok(texts.length >= 8 && texts.every((text) => /^46733123\d{3}: \S/.test(text)), `${texts}`);
      for (const [number, status] of [["451", "FAILED APPROVAL_REJECTED"], ["455", "FAILED PAYER_NOT_FOUND"]]) {
        await page.locator("#test-number").selectOption(number);
        await page.locator("#send-test").click();
        await page.locator("#steps").getByText(`→ 200 ${status}`).waitFor();
        await page.waitForFunction(() => document.querySelectorAll('#steps [data-state="done"]').length === 5);
      }
    });
    await fresh.stop();
  });

  await check("what does not arrive is said too: a lost callback, a paused clock, a refusal", async () => {
    const fresh = await start("--scenario", "missed-callback");
    await within(browser, fresh.base, "", async (page) => {
      await page.locator("#start-scenario").getByText("In force: missed-callback").waitFor();
      await page.locator("#send-test").click();
      await page.locator("#steps").getByText("None has arrived so far").waitFor();
      assert.deepEqual(await states(page), ["done", "done", "done", "done", "none"]);
      await control(fresh.base, "POST", "clock/pause");
      await page.locator("#send-test").click();
      await page.locator("#steps").getByText("Still pending").waitFor();
      await control(fresh.base, "POST", "clock/run");
      await control(fresh.base, "PUT", "scenario", { shipped: ["unavailable-for-days"] });
      await page.locator("#send-test").click();
      await page.locator('#steps [data-state="failed"]').waitFor();
      assert.match(await page.locator('#steps [data-state="failed"]').innerText(), /503/);
    }, { refusals: [503] });
    await fresh.stop();
  });

  await check("it works with a control token, and where subscription keys are needed", async () => {
    const fresh = await start("--control-token", "secret", "--subscription-key", "collection=abc123");
    unlock(fresh.base, "secret");
    await within(browser, fresh.base, "", async (page) => {
      await page.locator("#lock input").fill("secret");
      await page.locator("#lock input").press("Enter");
      await page.locator("#send-test").click();
      await page.waitForFunction(() => document.querySelectorAll('#steps [data-state="done"]').length === 5);
    }, { refusals: [401] });
    await fresh.stop();
  });

  await check("the snippets are tabs for the keyboard, and each program makes a payment", async () => {
    const fresh = await start();
    const folder = mkdtempSync(join(tmpdir(), "momo-snippets-"));
    await within(browser, fresh.base, "", async (page) => {
      const shown = page.locator("#snippet code");
      const chosen = () => page.locator(".tabs :checked").inputValue();
      await shown.getByText("curl -s").waitFor();
      await page.locator(".tabs :checked").focus();
      for (const [name, [program, file]] of Object.entries(PROGRAMS)) {
        assert.equal(await chosen(), name);
        assert.equal(await page.evaluate(() => document.activeElement.value), name, "the focus is on what is chosen");
        await shown.getByText(FIRST_LINES[name]).waitFor();
        const text = await shown.innerText();
        assert.ok(text.includes(fresh.base) && text.includes("requesttopay") && !text.includes(":4673"), text);
        writeFileSync(join(folder, file), text);
        if (!(await isThere(program))) console.log(`  SKIPPED: ${name} was not run, there is no ${program} here`);
        await page.keyboard.press("ArrowRight");
      }
      // Only now, because a payment takes the place of the first page.
      for (const [name, [program, file]] of Object.entries(PROGRAMS)) {
        if (!(await isThere(program))) continue;
        const { stdout } = await run(program, [join(folder, file)]);
        assert.match(stdout, /SUCCESSFUL/, name);
      }
    });
    rmSync(folder, { recursive: true });
    await fresh.stop();
  });
}
