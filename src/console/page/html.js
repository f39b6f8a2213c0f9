// What all views draw with: templates of lit-html, and small pieces that several views show. Text
// goes in as text: what a stranger sent is never markup.

import { html, nothing } from "./vendor/lit-html.js";
import { aheadOf, partsOf, span } from "./times.js";
import { words } from "./words.js";

export { html, nothing, render, repeat, svg } from "./vendor/lit-html.js";

export const shortId = (id) => id.slice(0, 8);

// Two API users may have a transaction of the same reference id.
export const keyOf = (line) => `${line.reference_id}/${line.api_user}`;

export const linkTo = (line) => `#payment/${keyOf(line)}`;

// A time, with its date where that is not today. The styles shorten one with a date where room is short.
export function time(text) {
  const [date, clock] = partsOf(text);
  const shown = date ? html`<span class="year">${date.slice(0, 5)}</span>${date.slice(5)} ${clock.slice(0, 5)}<span class="seconds">${clock.slice(5)}</span>` : clock;
  return html`<time datetime=${text} title=${text}>${shown}</time>`;
}

// A sign beside what is of an API user whose time is ahead of the clock.
export function aheadSign(user) {
  const by = aheadOf(user);
  return by ? html`<small class="ahead" title=${words("ahead_why", { by: span(by) })}>+${span(by)}</small>` : nothing;
}

export const badge = (kind, text) => html`<span class="badge ${kind.toLowerCase()}">${text}</span>`;

// Marks what somebody did by hand.
export const byHand = ({ manual }) => (manual ? badge("manual", words("by_hand")) : nothing);

export const card = (title, content) => html`<section class="card" data-card=${title}><h3>${words(title)}</h3>${content}</section>`;

// Names with their values; what is not known is left out.
export const facts = (pairs) => html`<dl>${pairs.filter(([, value]) => value).map(([name, value]) =>
  html`<dt>${words(name)}</dt><dd>${value}</dd>`)}</dl>`;

const digits = new Map();

// How many digits after the point amounts of a currency have.
function digitsOf(currency) {
  if (!digits.has(currency)) {
    let count = 0;
    try {
      count = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
    } catch {
      // A code that is no currency's.
    }
    digits.set(currency, count);
  }
  return digits.get(currency);
}

// The number of an amount with all digits of its currency: the emulator drops zeros at the end, as MTN does.
export function numberOf({ amount, currency }) {
  const [whole, part = ""] = amount.split(".");
  const all = part.padEnd(digitsOf(currency), "0");
  return `${whole}${all && words("point")}${all}`;
}

export const amountOf = (each) => (each.amount === null ? "" : `${numberOf(each)} ${each.currency}`);

// What is told of a callback that arrived, and something about it was not as usual.
const UNUSUAL = ["duplicate", "late", "early"];

export const kindOfVerdict = (verdict) =>
  (verdict === "delivered" ? "good" : UNUSUAL.includes(verdict) ? "neutral" : "bad");

const SIGNS = { good: "callback-answered", neutral: "pending", bad: "callback-failed" };

export function verdictBadge(verdict, status = null) {
  const kind = SIGNS[kindOfVerdict(verdict)];
  const isOfAnswer = verdict.startsWith("answered") && status !== null;
  const text = isOfAnswer ? words("callback_answered", { status }) : words(`is_${verdict}`);
  return badge(kind, verdict === "delivered" && status !== null ? `${text} ${status}` : text);
}

export const isSuccess = (status) => status >= 200 && status < 300;

export const isFinal = (status) => ["SUCCESSFUL", "FAILED"].includes(status);

// The status of an answer. One that a scenario broke did not come as it says.
export const answerBadge = ({ status, broken }) =>
  badge(isSuccess(status) && !broken ? "callback-answered" : "failed", `${status || "–"}`);

// The status with which a listener answered, by what the journal says of a callback.
export const answerIn = ({ detail }) => Number(detail?.match(/^answered (\d+)/)?.[1]) || null;

// How a callback fared: one that was answered with an error was not delivered.
export function callbackBadge(line) {
  const { callback, callback_answer: answer } = line;
  if (callback === "not_requested") return "–";
  if (line.callback_verdict) return verdictBadge(line.callback_verdict, answer);
  return badge(`callback-${callback}`, words(`callback_is_${callback}`));
}

export const nameOf = (space) => `${shortId(space.api_user)} (${space.provider_callback_host})`;

// The choices of a field, each a value or a value with its words; `any` is for none of them.
export const options = (values, chosen, any) => html`<option value="" .selected=${chosen === ""}>${any}</option>
  ${values.map((each) => [each].flat()).map(([value, text = value]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`)}`;

// A choice among API users, all of them first.
export const spaceChoice = (spaces, chosen) =>
  options(spaces.map((space) => [space.api_user, nameOf(space)]), chosen, words("any_space"));

// The form of a view's filters. `put` gets each change, and `clear` is there where any is set.
export function filtersForm(fields, put, clear) {
  const changed = ({ target: { name, type, checked, value } }) => put({ [name]: type !== "checkbox" || checked ? value : "" });
  return html`<form class="filters" role="search" @input=${changed} @submit=${(event) => event.preventDefault()}>${fields}
    ${clear ? html`<button type="button" class="quiet" id="clear" @click=${clear}>${words("clear")}</button>` : nothing}</form>`;
}

const unfold = ({ currentTarget: button }) => {
  button.setAttribute("aria-expanded", button.form.classList.toggle("unfolded"));
};

// The button of a narrow window that shows the filters of the class `folds`, with how many are set.
export const foldButton = (count) => html`<button type="button" class="quiet fold" aria-expanded="false"
  @click=${unfold}>${words("filters")}${count ? ` (${count})` : ""}</button>`;

// A sentence in which what stands between backticks is code.
export const prose = (text) => text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));

// What the emulator explains. It is in English, whatever the language of the page.
export const quoted = (text) => html`<span lang="en">${prose(text)}</span>`;

export const fault = (error) => (error ? html`<p class="card fault" role="alert">${error.message}</p>` : nothing);

export const asJson = (value) => JSON.stringify(value, null, 2);

// A body for reading; what is no JSON is shown as it is.
export function indented(body) {
  try {
    return asJson(JSON.parse(body));
  } catch {
    return body;
  }
}

async function copy(event) {
  const button = event.currentTarget;
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 2000);
  } catch {
    // Where a page may not write to the clipboard, the text is marked for copying by hand.
    getSelection().selectAllChildren(code);
  }
}

export const copyable = (text) => html`<div class="copyable"><pre tabindex="0"><code>${text}</code></pre>
  <button type="button" class="copy quiet" @click=${copy}><span>${words("copy")}</span><span>${words("copied")}</span></button></div>`;

// A short text with the same beside it.
export const copyCode = (text) => html`<span class="copied"><code>${text}</code>
  <button type="button" class="copy quiet" @click=${copy}><span>${words("copy")}</span><span>${words("copied")}</span></button></span>`;
