// Single keys for what is done often. They can be switched off: who speaks to the machine, or has it
// read aloud, may press them without meaning to (WCAG 2.1.4).

import { html, render } from "./html.js";
import { words } from "./words.js";

const KEPT = "momo-sandbox-keys";
const FRAMES = 120;

const isOff = () => localStorage.getItem(KEPT) === "off";
const searchField = () => document.querySelector('main [name="find"]');

function focusSearch(frames = FRAMES) {
  const field = searchField();
  if (field) field.select();
  // The view that has it is not drawn yet.
  else if (frames) requestAnimationFrame(() => focusSearch(frames - 1));
}

function search() {
  if (!searchField()) location.hash = "#payments";
  focusSearch();
}

// Moves the focus to what opens the next row, or the one before.
function move(step) {
  const rows = [...document.querySelectorAll("main tbody tr, .waiting li")].filter((row) => row.querySelector("a, button"));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  rows[Math.max(0, Math.min(at + step, rows.length - 1))]?.querySelector("a, button").focus();
}

// Presses a button of the row that has the focus, or else of the payment that is shown. An entry of
// the inbox that is not on the handset's screen is no choice yet.
function press(name) {
  const focused = document.activeElement;
  if (focused.closest(".waiting [aria-current=false]")) return;
  const chosen = focused.closest("tr") ?? document.querySelector("main article, [data-view=handset] .phone");
  chosen?.querySelector(`:is([data-act=${name}], #${name}):enabled`)?.click();
}

const ACTS = {
  "/": search, j: () => move(1), k: () => move(-1),
  a: () => press("approve"), d: () => press("decline"), e: () => press("expire"), "?": showKeys,
};
const TOLD = ["/", "j", "k", "Enter", "a", "d", "e", "?"];

export function showKeys() {
  const dialog = document.getElementById("dialog");
  const put = ({ target }) => localStorage.setItem(KEPT, target.checked ? "on" : "off");
  const line = (key, at) => html`<dt><kbd>${key}</kbd></dt><dd>${words(`key_${at}`)}</dd>`;
  render(html`<h2 id="dialog-title">${words("keys")}</h2>
    <dl>${TOLD.map(line)}</dl>
    <label><input type="checkbox" .checked=${!isOff()} @change=${put}> ${words("keys_on")}</label>
    <p><small>${words("keys_why")}</small></p>
    <div class="buttons"><button type="button" @click=${() => dialog.close()}>${words("close")}</button></div>`, dialog);
  dialog.showModal();
}

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    const { key, target, isComposing, repeat } = event;
    const isOther = event.ctrlKey || event.altKey || event.metaKey || isComposing || event.defaultPrevented;
    const isTyping = target.closest?.("input, select, textarea, dialog");
    if (isOther || isTyping || isOff() || !Object.hasOwn(ACTS, key) || (repeat && !"jk".includes(key))) return;
    event.preventDefault();
    ACTS[key]();
  });
}
