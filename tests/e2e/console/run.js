// The console in a real browser: `node run.js SUBJECT http://ADDRESS [TEXT]` of an emulator with
// scenario.toml. A subject is a file of `checks`; with a text only the checks with it in their name
// are made. `CONSOLE_PROGRAM` is the program that checks start with flags of their own. The subject
// `pictures` writes docs/pictures.

import assert from "node:assert/strict";
import { Browser } from "./browser.js";
import { startEmulator, stopEmulators } from "./emulator.js";
import { Merchant, listener } from "./merchant.js";

const [subject, base, wanted = ""] = process.argv.slice(2);
const { default: run } = await import(`./checks/${subject}.js`);
const browser = await Browser.open();
const callbacks = await listener();
const merchant = await Merchant.at(base);
const broken = [];
let checks = 0;

// A check that fails is told, and the others are made all the same.
async function check(name, act) {
  if (!name.includes(wanted)) return;
  try {
    await act();
    checks += 1;
    console.log(`${name}`);
  } catch (error) {
    broken.push(name);
    console.log(`FAILED: ${name}\n${error.stack ?? error}`);
  }
}

try {
  await run({ base, browser, callbacks, check, merchant, start: startEmulator });
  if (!wanted) await check("the page did nothing that it must not", async () => assert.deepEqual(browser.faults, []));
} finally {
  await browser.close();
  callbacks.close();
  stopEmulators();
}
if (wanted && !checks && !broken.length) throw new Error(`no check of ${subject} has "${wanted}" in its name`);
if (broken.length) {
  console.log(`${broken.length} of ${checks + broken.length} checks failed: ${broken.join("; ")}`);
  process.exit(1);
}
console.log(`ok: ${checks} checks of the console`);
