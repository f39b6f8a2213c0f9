// Telephones, tablets and magnified pages: nothing is out of view, and the header stays small.

import assert from "node:assert/strict";
import { Merchant, control } from "../merchant.js";
import { live, within } from "../page.js";
import { LANGUAGES, WIDTHS, allViews, firstMinute, openView } from "../views.js";

const HEIGHT = 844;
// What a window of 1440 × 900 pixels shows at 200 %.
const MAGNIFIED = { width: 720, height: 450, deviceScaleFactor: 2 };
const HEADER_MAX = 64;
const ROW_MAX = 64;
const NARROW = 900;
const PHONE_BESIDE_MIN = 1200;

/** What is not within the window, on the page as it is. */
function outside() {
  const width = document.documentElement.clientWidth;
  const isUnseen = (node) => Boolean(node) && (node.matches(".skip") || getComputedStyle(node).clipPath !== "none" || isUnseen(node.parentElement));
  const nameOf = (node) => `${node.localName}#${node.id}.${node.getAttribute("class")} "${node.textContent.trim().slice(0, 30)}"`;
  const isOut = ({ left, right, width: own, height }) => own > 0 && height > 0 && (left < -1 || right > width + 1);
  // The texts of a cell, which may stand out of it.
  const isTextOut = (cell) => {
    const range = document.createRange();
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      range.selectNodeContents(walker.currentNode);
      if (!isUnseen(walker.currentNode.parentElement) && isOut(range.getBoundingClientRect())) return true;
    }
    return false;
  };
  const nodes = [...document.body.querySelectorAll("*")].filter((node) => isOut(node.getBoundingClientRect()));
  const cells = [...document.querySelectorAll("td, th")].filter(isTextOut);
  const found = [...nodes, ...cells].filter((node) => !isUnseen(node)).map(nameOf);
  const over = document.scrollingElement.scrollWidth - width;
  return over > 0 ? [`the page is ${over} pixels too wide`, ...found.slice(0, 8)] : found.slice(0, 8);
}

/** Cells of tables with something in them that are not shown at all. */
function hidden() {
  const isShown = (cell) => cell.getBoundingClientRect().width > 0;
  return [...document.querySelectorAll("tbody td")].filter((cell) => !isShown(cell) && !/^[–\s]*$/.test(cell.textContent))
    .map((cell) => cell.textContent.trim()).slice(0, 8);
}

async function look(page, metrics) {
  if (!metrics.deviceScaleFactor) return page.setViewportSize(metrics);
  const session = await page.context().newCDPSession(page);
  return session.send("Emulation.setDeviceMetricsOverride", { mobile: false, ...metrics });
}

export default async function narrow({ base, browser, check, merchant, callbacks, start }) {
  const views = await allViews({ base, merchant, callbacks }, true);
  const first = await firstMinute(browser, start);
  const page = await browser.page(base, { refusals: [404] });
  const places = [...Object.entries(views).map(([view, place]) => ({ view, page, base, place })), { view: "first minute", ...first }];

  for (const size of [...WIDTHS.map((width) => ({ width, height: HEIGHT })), MAGNIFIED]) {
    await check(`all views are within ${size.width} pixels${size.deviceScaleFactor ? ", magnified" : ""}`, async () => {
      const faults = [];
      for (const each of [page, first.page]) await look(each, size);
      for (const language of LANGUAGES) {
        for (const { view, page, base, place } of places) {
          await openView(page, base, place, language);
          const tell = (fault) => faults.push(`${view}, ${language}: ${fault}`);
          for (const fault of await page.evaluate(outside)) tell(fault);
          for (const text of await page.evaluate(hidden)) tell(`not shown: ${text}`);
          const { height } = await page.locator("header").boundingBox();
          if (size.width <= NARROW && height > HEADER_MAX) tell(`the header has ${height} pixels`);
          const isBeside = await page.evaluate(() => document.getElementById("phone").offsetWidth > 0);
          if (view !== "handset" && isBeside !== (size.width >= PHONE_BESIDE_MIN)) tell(`the phone is ${isBeside ? "" : "not "}beside it`);
        }
      }
      assert.deepEqual(faults, []);
    });
  }

  await check("a row on a telephone has two lines, the status first", async () => {
    // Also that of a failure with a long reason and a large amount, that of a payout, and one with a date.
    const { base: older, stop } = await start();
    const before = await Merchant.at(older);
    await before.wait(await before.pay("46733123999", { callback: callbacks.url }), { status: "SUCCESSFUL" });
    await control(older, "POST", "clock/advance", { by: "49h" });
    const kinds = [[base, "verdict=delivered&status=SUCCESSFUL"], [base, "status=FAILED"], [base, "product=disbursement"], [older, "status=SUCCESSFUL"]];
    for (const [base, filter] of kinds) {
      await within(browser, base, `#payments?${filter}`, async (page) => {
        await page.setViewportSize({ width: 390, height: HEIGHT });
        await page.locator("#list tbody tr").first().waitFor();
        const { row, cells } = await page.locator("#list tbody tr").first().evaluate((row) => {
          const boxOf = (node) => node.getBoundingClientRect().toJSON();
          return { row: boxOf(row), cells: [...row.cells].map((cell) => ({ name: cell.className, ...boxOf(cell) })) };
        });
        assert.ok(row.height <= ROW_MAX, `${filter}: ${row.height} pixels`);
        const [first] = cells.filter(({ width }) => width > 0).toSorted((one, other) => one.top - other.top || one.left - other.left);
        assert.equal(first.name, "state");
      });
    }
    await stop();
  });

  await check("what is not in the header's line is in its menu, and filters fold", async () => {
    await within(browser, base, "#payments?status=PENDING&product=collection", async (page) => {
      // The language that another check chose.
      await page.evaluate(() => localStorage.clear());
      await page.reload();
      await page.setViewportSize({ width: 390, height: HEIGHT });
      await live(page);
      const [menu, status] = [page.locator("#menu"), page.locator('select[name="status"]')];
      const fold = page.getByRole("button", { name: "Filters (2)" });
      assert.equal(await status.isVisible(), false);
      await fold.click();
      assert.equal(await fold.getAttribute("aria-expanded"), "true");
      assert.equal(await status.inputValue(), "PENDING");
      await fold.click();
      assert.equal(await status.isVisible(), false);
      for (const hidden of ["#nav", "#reset", "#language", "#clock-pause"]) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
      await menu.click();
      for (const shown of ["#nav", "#reset", "#language", "#clock-pause"]) assert.equal(await page.locator(shown).isVisible(), true, shown);
      await page.keyboard.press("Escape");
      assert.equal(await page.locator("#nav").isVisible(), false);
      assert.equal(await page.evaluate(() => document.activeElement.id), "menu");
      await menu.click();
      await page.locator("#nav").getByText("Requests").click();
      await page.locator("#requests").waitFor();
      assert.equal(await page.getByText("only refused").isVisible(), false);
      await page.getByRole("button", { name: "Filters" }).click();
      assert.equal(await page.getByText("only refused").isVisible(), true);
      assert.equal(await page.locator("#nav").isVisible(), false);
      assert.match(await menu.innerText(), /Requests/);
      await menu.click();
      await page.locator("#nav").getByText("Callbacks").click();
      await page.locator('select[name="verdict"]').waitFor();
      assert.equal(await page.locator('.filters select[name="space"]').isVisible(), false);
      await page.getByRole("button", { name: "Filters" }).click();
      assert.equal(await page.locator('.filters select[name="space"]').isVisible(), true);
    });
  });
}
