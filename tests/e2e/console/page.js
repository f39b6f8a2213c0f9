// What tests look for on the page.

export const row = (page, reference, user = "") =>
  page.locator(`#list tr[data-reference="${reference}"]${user ? `:has(a[href$="${user}"])` : ""}`);

export const live = (page) => page.locator('#connection[data-connected="true"]').waitFor();

export const settled = (page) => page.waitForLoadState("load");

/** A page of its own for one test. */
export async function within(browser, base, hash, act, options) {
  const page = await browser.page(base, options);
  try {
    await page.goto(`${base}/_sandbox/${hash}`);
    await act(page);
  } finally {
    await page.close();
  }
}

/** Waits until a page has asked for nothing for a while; its stream does not count. */
export const quiet = (page) => page.evaluate(async () => {
  const asked = () => performance.getEntriesByType("resource").length;
  for (let before = -1; before !== asked();) {
    before = asked();
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
});
