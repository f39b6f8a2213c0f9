// Of which page the pictures in docs/pictures are.

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PICTURES = join(dirname(fileURLToPath(import.meta.url)), "../../../docs/pictures");
export const TAKEN_OF = join(PICTURES, "taken-of.txt");

// What the pictures show depends on: the markup, the style, the script and the English words.
const FILES = ["index.html", "style.css", "page.js", "words/en.json"];

/** The SHA-256 of the page that an emulator serves. */
export async function printOf(base) {
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(await (await fetch(`${base}/_sandbox/console/${file}`)).text());
  return hash.digest("hex");
}
