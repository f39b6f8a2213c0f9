// The files of the page: their words in both languages, and their weight. It needs no browser.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../../../../src/console/page");
const WEIGHT_MAX = 40_000;

const files = readdirSync(FOLDER, { recursive: true }).filter((name) => /\.(js|css|html)$/.test(name));
const textOf = (name) => readFileSync(join(FOLDER, name), "utf8");
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

// The words that the page names: `words("name")`, `data-words="name"`, and names in tables of views.
function namesIn(text) {
  const patterns = [/words\("(\w+)"/g, /data-words(?:-label)?="(\w+)"/g, /showConnection\([^,]*"(\w+)" : "(\w+)"|showConnection\("(\w+)"/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, ...names]) => names.filter(Boolean)));
}

export default async function texts({ base, browser, check }) {
  const page = await browser.page(base);
  await page.goto(`${base}/_sandbox/`);
  const { en, fr } = await page.evaluate(async () => (await import("/_sandbox/console/words.js")).LANGUAGES);

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

  await check("every text that the page names is there, and no text is there for nothing", async () => {
    const sources = files.filter((name) => name !== "words.js" && !name.startsWith("vendor")).map(textOf);
    for (const name of sources.flatMap(namesIn)) assert.ok(Object.hasOwn(en, name), `no words for ${name}`);
    const all = sources.join("\n");
    const isNamed = (name) => new RegExp(`["']${name}["']|\\b${name}:`).test(all) || /^(is|fate|callback_is)_/.test(name);
    assert.deepEqual(Object.keys(en).filter((name) => !isNamed(name)), []);
  });

  await check("the scripts weigh at most 40 kB, vendored ones included", async () => {
    const weigh = (names) => names.map((name) => [gzipSync(textOf(name), { level: 9 }).length, name]);
    const sumOf = (weights) => weights.reduce((sum, [weight]) => sum + weight, 0);
    const weights = weigh(files.filter((name) => name.endsWith(".js")));
    const sum = sumOf(weights);
    console.log(`  ${sum} bytes gzipped in ${weights.length} scripts, ${sumOf(weigh(files))} with styles and markup`);
    assert.ok(sum <= WEIGHT_MAX, `${sum} bytes: ${weights.sort(([one], [other]) => other - one).join(" ")}`);
    const asked = new Set(await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name)));
    for (const name of files.filter((name) => name.endsWith(".js") && name !== "stream-worker.js")) {
      assert.ok([...asked].some((url) => url.endsWith(`/console/${name}`)), `${name} is never loaded`);
    }
  });
}
