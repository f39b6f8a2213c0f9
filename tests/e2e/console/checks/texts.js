// The files of the page: their words in both languages, and their weight.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { live } from "../page.js";

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

export default async function texts({ base, browser, check }) {
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

  await check("every text that the page names is there, and no text is there for nothing", async () => {
    const sources = files.filter((name) => !name.startsWith("vendor")).map(textOf);
    for (const name of sources.flatMap(namesIn)) assert.ok(Object.hasOwn(en, name), `no words for ${name}`);
    const all = sources.join("\n");
    const isNamed = (name) => new RegExp(`["']${name}["']|\\b${name}:`).test(all) || /^(is|fate|callback_is|asks|lane)_/.test(name);
    assert.deepEqual(Object.keys(en).filter((name) => !isNamed(name)), []);
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
}
