// The files of the page: their words in both languages, and their weight.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { control, listener } from "../merchant.js";
import { live, quiet } from "../page.js";
import { TAKEN_OF, printOf } from "../pictures.js";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../../../../src/console/page");
const WEIGHT_MAX = 40_000;

const files = readdirSync(FOLDER, { recursive: true }).filter((name) => /\.(js|html)$/.test(name));
const textOf = (name) => readFileSync(join(FOLDER, name), "utf8");
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

// The words that the page names: `words("name")`, `data-words="name"`, and names in tables of views.
function namesIn(text) {
  const patterns = [/words\("(\w+)"/g, /data-words(?:-label)?="(\w+)"/g, /showConnection\([^,]*"(\w+)" : "(\w+)"|showConnection\("(\w+)"/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, ...names]) => names.filter(Boolean)));
}

// Words that English sentences have and French ones never.
const ENGLISH = /\b(the|is|are|was|were|of|and|not|with|from|this|that|which|has|have|been|to|for|by|at|it|its|your|what|who|how|into|than|when|where|asked|answered|taken|sent|waiting|nothing|unknown|real)\b/i;

// What a view says that is neither code, nor a word of MTN's in capitals, nor quoted from a scenario,
// nor one of the control plane's explanations, which are in English (docs/console.md).
function englishOn(page) {
  return page.evaluate((source) => {
    const english = new RegExp(source, "i");
    const isCode = (node) => node.closest('code, pre, textarea, [lang="en"], option, script, style, noscript, time, .brand');
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement: parent, textContent } = walker.currentNode;
      if (!isCode(parent)) texts.push(textContent.trim());
    }
    for (const node of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
      if (isCode(node)) continue;
      for (const name of ["title", "aria-label", "placeholder"]) texts.push(node.getAttribute(name) ?? "");
    }
    const own = (text) => text.replace(/[“«].*?[”»]/g, "").replace(/\b[A-Z_]{2,}\b/g, "");
    return [...new Set(texts.filter((text) => english.test(own(text))))];
  }, ENGLISH.source);
}

// Every view with something of each kind in it: payments that wait, are paid and fail, callbacks
// that are lost, answered with an error or refused, and requests that are refused.
async function addOfEachKind({ merchant, callbacks }) {
  const bad = await listener(500);
  const paid = await merchant.pay("46733123999", { callback: callbacks.url });
  const waits = await merchant.pay("46700123456", { callback: callbacks.url });
  const lost = await merchant.pay("46711000001", { callback: callbacks.url });
  const failed = await merchant.pay("46733123450", { callback: bad.url });
  const unheard = await merchant.pay("46733123999", { callback: "http://localhost:1/momo" });
  await merchant.payOut("46733123999", "7");
  const refused = await merchant.payInVain("46733123999", 500, { "X-Callback-Url": "http://elsewhere.example/momo" });
  for (const reference of [paid, failed]) await merchant.wait(reference, { callback: "answered" });
  await merchant.wait(unheard, { callback: "failed" });
  await merchant.status(paid);
  bad.close();
  return [paid, waits, lost, failed, unheard, refused];
}

export default async function texts({ base, browser, callbacks, check, merchant }) {
  const [en, fr] = ["en", "fr"].map((language) => JSON.parse(textOf(`words/${language}.json`)));

  await check("every text has its twin in the other language, with the same values in it", async () => {
    assert.deepEqual(Object.keys(fr).sort(), Object.keys(en).sort());
    for (const [name, text] of Object.entries(en)) {
      const [own, other] = [new Set(placeholders(text)), new Set(placeholders(fr[name]))];
      // A number of one may be spelt out.
      for (const set of [own, other]) set.delete("count");
      assert.deepEqual([...other].sort(), [...own].sort(), name);
      assert.ok(text.trim() && fr[name].trim(), name);
    }
  });

  await check("a French sign does not begin a line: the space before it does not break", async () => {
    const broken = Object.entries(fr).filter(([, text]) => / [;:?!»]|« /.test(text));
    assert.deepEqual(broken, []);
  });

  await check("every text that the page names is there, and no text is there for nothing", async () => {
    const sources = files.filter((name) => !name.startsWith("vendor")).map(textOf);
    for (const name of sources.flatMap(namesIn)) assert.ok(Object.hasOwn(en, name), `no words for ${name}`);
    const all = sources.join("\n");
    const isNamed = (name) => new RegExp(`["']${name}["']|\\b${name}:`).test(all) || /^(is|fate|any|key|asks|lane|callback_is|recording|does|kind|number|event|remedy|step_is|for|all|audit_wants|audit_remedy|readiness|refusal|refusal_remedy|seen|says|verdict|error)_|^(requests|callbacks)_why$/.test(name);
    assert.deepEqual(Object.keys(en).filter((name) => !isNamed(name)), []);
  });

  await check("each scenario that ships says what it does in both languages", async () => {
    const { scenarios } = await control(base, "GET", "scenarios");
    assert.ok(scenarios.length > 30);
    for (const { name, kind } of scenarios) {
      for (const texts of [en, fr]) {
        assert.ok(texts[`does_${name}`], name);
        if (kind) assert.ok(texts[`kind_${kind}`], kind);
      }
    }
    assert.deepEqual(Object.keys(en).filter((key) => key.startsWith("does_")).sort(), scenarios.map(({ name }) => `does_${name}`).sort());
  });

  await check("the pictures in docs/pictures are of this page", async () => {
    const taken = readFileSync(TAKEN_OF, "utf8").trim();
    assert.equal(taken, await printOf(base), "the page has changed since: take them anew by `node run.js pictures http://ADDRESS`");
  });

  await check("the scripts weigh at most 40 kB, vendored ones included", async () => {
    const page = await browser.page(base);
    const scripts = new Set(["/_sandbox/console/stream-worker.js"]);
    page.on("response", (response) => {
      if (response.request().resourceType() === "script") scripts.add(new URL(response.url()).pathname);
    });
    await page.goto(`${base}/_sandbox/`);
    await live(page);
    const weigh = async (path) => gzipSync(await (await fetch(base + path)).text(), { level: 9 }).length;
    const weights = await Promise.all([...scripts].map(async (path) => [path, await weigh(path)]));
    const sum = weights.reduce((sofar, [, weight]) => sofar + weight, 0);
    console.log(`  ${sum} bytes gzipped: ${weights.map((each) => each.join(" ")).join(", ")}`);
    assert.ok(weights.length > 1 && sum <= WEIGHT_MAX, `${sum} bytes`);
    await page.close();
  });

  await check("a French reader meets no English sentence", async () => {
    const references = await addOfEachKind({ merchant, callbacks });
    const page = await browser.page(base, { refusals: [400, 404, 409] });
    await page.addInitScript(() => location.protocol === "http:" && localStorage.setItem("momo-sandbox-language", "fr"));
    const places = references.map((reference) => `payment/${reference}/${merchant.user}`);
    const views = ["payments", "payments?find=nothing-has-this", "handset", "requests", "callbacks", "audit", "scenario", ...places, "payment/none"];
    const found = [];
    const look = async (place) => {
      for (const text of await englishOn(page)) found.push(`${place}: ${text}`);
    };
    for (const view of views) {
      await page.goto("about:blank");
      await page.goto(`${base}/_sandbox/#${view}`);
      await live(page);
      await quiet(page);
      await look(view);
    }
    await page.goto(`${base}/_sandbox/#requests`);
    await page.locator("#requests td a").first().click();
    await page.locator("h2.exchange").waitFor();
    await look("a request");
    await page.locator("#keys").click();
    await page.locator("dialog[open]").waitFor();
    await look("shortcuts");
    await page.keyboard.press("Escape");
    await page.locator("#advance-by").fill("demain");
    await page.locator("#clock-advance").click();
    await page.locator("#clock-wrong:not(:empty)").waitFor();
    await look("a clock that is told nonsense");
    await page.locator("#reset").click();
    await look("reset");
    await page.close();
    assert.deepEqual(found, []);
  });
}
