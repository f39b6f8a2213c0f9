// What the page says. The texts are in `words/en.json` and `words/fr.json`.

const LANGUAGES = ["en", "fr"];
const KEPT = "momo-sandbox-language";

const wanted = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
export const language = LANGUAGES.includes(wanted) ? wanted : LANGUAGES[0];

let texts = {};

// To be awaited before anything is drawn.
export async function loadWords() {
  const answer = await fetch(`/_sandbox/console/words/${language}.json`);
  texts = await answer.json();
}

export const hasWords = (name) => name in texts;

export function words(name, values = {}) {
  const text = texts[name];
  if (text === undefined) throw new Error(`no words for ${name}`);
  const [one, several = one] = text.split("|");
  return (values.count === 1 ? one : several).replace(/\{(\w+)\}/g, (_, value) => values[value] ?? "");
}

export function speak(other) {
  localStorage.setItem(KEPT, other);
  location.reload();
}

export function sayAll(root) {
  for (const node of root.querySelectorAll("[data-words]")) node.textContent = words(node.dataset.words);
  for (const node of root.querySelectorAll("[data-words-label]")) {
    node.setAttribute("aria-label", words(node.dataset.wordsLabel));
  }
}
