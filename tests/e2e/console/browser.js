// A real browser, and what a page must never do in it.

import { createServer, connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import axe from "axe-core";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export class Browser {
  static async open() {
    const folder = mkdtempSync(join(tmpdir(), "momo-console-"));
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: "/usr/bin/chromium", headless: true, args: FLAGS, locale: "en-GB",
      viewport: { width: 1360, height: 860 },
    });
    context.setDefaultTimeout(Number(process.env.CONSOLE_PATIENCE_MS ?? 30_000));
    const browser = new Browser();
    Object.assign(browser, { folder, context, faults: [] });
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return browser;
  }

  // A page that tells of every error, and of every request that is not for this origin.
  async page(base, { mayBreak = false, refusals = [] } = {}) {
    const page = await this.context.newPage();
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== base) this.faults.push(`asked ${request.url()}`);
    });
    page.on("pageerror", (error) => this.faults.push(`${error}`));
    page.on("console", (message) => {
      // The browser itself tells of a connection that a test cut.
      const isCut = mayBreak && /net::ERR_/.test(message.text());
      // As it does of a refusal, and a broken scenario is to be refused.
      const isRefused = /status of 400/.test(message.text()) && message.location().url.endsWith("/scenario");
      const isExpected = refusals.some((status) => message.text().includes(`status of ${status}`));
      if (message.type() === "error" && !isCut && !isRefused && !isExpected) this.faults.push(message.text());
    });
    return page;
  }

  async close() {
    await this.context.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// The serious faults of accessibility that axe finds on a page as it is.
export async function faultsOfAccess(page) {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
}

// A way to the emulator that can be cut.
export async function breakable(base) {
  const { hostname, port } = new URL(base);
  const sockets = new Set();
  let isOpen = true;
  const server = createServer((inner) => {
    if (!isOpen) return inner.destroy();
    const outer = connect(Number(port), hostname);
    for (const [one, other] of [[inner, outer], [outer, inner]]) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => { sockets.delete(one); other.destroy(); });
    }
    return undefined;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    cut() { isOpen = false; for (const socket of sockets) socket.destroy(); },
    mend() { isOpen = true; },
    close() { this.cut(); server.close(); },
  };
}
