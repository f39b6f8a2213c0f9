// The audit: what the merchant's program did, and the money that it lost sight of.

import { get } from "./control.js";
import { badge, fault, html, linkTo, nothing, repeat, shortId } from "./html.js";
import { View } from "./view.js";
import { words } from "./words.js";

const SUMS = ["collected", "refunded", "payouts_returned", "never_learnt", "charged_twice", "payouts_never_learnt", "returns_never_learnt"];
const GOOD = ["collected", "refunded", "payouts_returned"];
const ORDER = { fail: 0, incomplete: 1, pass: 2, not_exercised: 3 };
const SHOWN_MAX = 20;

function sum(name, sums) {
  const text = sums.length ? sums.map((each) => `${each.amount} ${each.currency} (${each.count})`).join(", ") : words("none");
  const isBad = !GOOD.includes(name) && sums.length > 0;
  return html`<div class="sum ${isBad ? "bad" : ""}"><strong>${text}</strong><span>${words(name)}</span></div>`;
}

function failure(each) {
  const text = `${each.seen}${each.times > 1 ? ` (×${each.times})` : ""}`;
  if (!each.reference_id || !each.api_user) return html`<li>${text}</li>`;
  return html`<li><a href=${linkTo(each)} class="id">${shortId(each.reference_id)}</a>: ${text}</li>`;
}

function findings(each) {
  if (each.verdict !== "fail") return nothing;
  return html`<ul>${each.failures.slice(0, SHOWN_MAX).map(failure)}</ul><p class="remedy">${words("remedy")}: ${each.remedy}</p>`;
}

const rule = (each) => html`<tr class=${each.verdict}>
  <td>${badge(`verdict-${each.verdict}`, words(each.verdict))}</td>
  <td><strong>${each.name}</strong><br>${each.wants}</td>
  <td>${findings(each)}</td></tr>`;

export class Audit extends View {
  // It reads all that ever happened, so it is asked for seldom: long after what it looks at.
  pace = { quiet: 1500, most: 5000, pause: 5000 };
  #report = null;

  load(signal) {
    return get("report", signal);
  }

  take(report) {
    this.#report = report;
  }

  #shown() {
    const { headline, verdict, money, rules } = this.#report;
    const sorted = [...rules].sort((one, other) => ORDER[one.verdict] - ORDER[other.verdict]);
    const heads = ["verdict", "rule", "seen"].map((name) => html`<th scope="col">${words(name)}</th>`);
    return html`<p class="headline" role="status" data-verdict=${verdict}>${headline}</p>
      <div class="sums">${SUMS.map((name) => sum(name, money[name]))}</div>
      <div class="scroll" tabindex="0" role="region" aria-label=${words("rules")}>
        <table id="rules"><thead><tr>${heads}</tr></thead>
          <tbody>${repeat(sorted, (each) => each.name, rule)}</tbody></table></div>`;
  }

  template() {
    return html`<h2>${words("audit")}</h2><p>${words("audit_why")}</p>
      ${fault(this.fault)}${this.#report ? this.#shown() : nothing}`;
  }
}
