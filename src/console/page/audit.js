// The audit: what the merchant's program did, and the money that it lost sight of.

import { get, query, spacePath } from "./control.js";
import { amountOf, badge, fault, html, linkTo, nothing, numberOf, prose, quoted, repeat, shortId, spaceChoice } from "./html.js";
import { hashOf } from "./route.js";
import { refusalOf } from "./refusal.js";
import { saveLink } from "./save.js";
import { View } from "./view.js";
import { words } from "./words.js";

const SUMS = ["collected", "refunded", "payouts_returned", "never_learnt", "charged_twice", "payouts_never_learnt", "returns_never_learnt"];
const GOOD = ["collected", "refunded", "payouts_returned"];
const ORDER = ["fail", "incomplete", "pass", "not_exercised"];
// The forms of the report, each with the ending of its file and with its name.
const FORMS = [["html", "html", "HTML"], ["json", "json", "JSON"], ["junit", "xml", "JUnit"], ["text", "txt", "TXT"]];
const MINUTES = ["1", "5", "10", "30", "60"];
const USUAL = "10";
const KINDS_SHOWN = 5;

function sum(name, sums) {
  const text = sums.map((each) => `${amountOf(each)} (${each.count})`).join(", ") || "0";
  const isBad = !GOOD.includes(name) && sums.length > 0;
  return html`<div class="sum ${isBad ? "bad" : ""}"><strong>${text}</strong><span>${words(name)}</span></div>`;
}

const sentence = ({ says, count, sums }) => words(`says_${says}`, { count, money: sums.map(amountOf).join(", ") });

function occurrence(each, { reference_id, external_id, party }) {
  const order = [external_id, party].filter(Boolean).join(", ");
  return html`<a href=${linkTo({ ...each, reference_id })} class="id">${shortId(reference_id)}</a>${order && `, ${order}`}`;
}

// What was seen, from its code and values. The detail of a callback is the emulator's, in English.
function seenAs({ code, refusal, why, verdict, verdicts = [], detail, ...values }) {
  if (refusal) return refusalOf({ refusal, why });
  if (values.amount) values.amount = numberOf(values);
  const named = [verdict, ...verdicts].filter(Boolean).map((each) => words(`is_${each}`)).join(", ");
  const [before, after] = words(`seen_${code}`, { ...values, verdict: named, verdicts: named, detail: "|" }).split("|");
  return html`${before}${detail ? quoted(detail) : nothing}${after}`;
}

function finding(each) {
  const known = each.api_user ? each.cases.filter(({ reference_id: id }) => id) : [];
  const others = each.times - each.cases.length;
  const seen = seenAs(each.seen_as);
  if (each.times === 1) return html`<li>${seen}${known.map((one) => html` <small>${occurrence(each, one)}</small>`)}</li>`;
  const count = words("times", { count: each.times });
  if (!known.length) return html`<li>${seen} (${count})</li>`;
  return html`<li>${seen}<details><summary>${count}</summary>
    <ul>${known.map((one) => html`<li>${occurrence(each, one)}</li>`)}</ul>
    ${others > 0 ? html`<small>${words("more_cases", { count: others })}</small>` : nothing}</details></li>`;
}

function findings({ name, verdict, failed, failures }) {
  if (verdict !== "fail") return nothing;
  const [first, more] = [failures.slice(0, KINDS_SHOWN), failures.slice(KINDS_SHOWN)];
  const hidden = failed - failures.reduce((sofar, { times }) => sofar + times, 0);
  return html`<ul>${first.map(finding)}</ul>
    ${more.length ? html`<details><summary>${words("more_kinds", { count: more.length })}</summary><ul>${more.map(finding)}</ul></details>` : nothing}
    ${hidden > 0 ? html`<p>${words("more_hidden", { count: hidden })}</p>` : nothing}
    <p class="remedy">${words("remedy")}${words("colon")} ${prose(words(`audit_remedy_${name}`))}</p>`;
}

// Whether the merchant is ready for MTN's new platform, and how many of those rules came out how.
function readiness({ verdict, counts: { passed, failed, incomplete, not_exercised: others } }) {
  const counts = [["fail", failed], ["incomplete", incomplete], ["pass", passed], ["not_exercised", others]];
  const isPartly = verdict === "pass" && others > 0;
  const signs = counts.filter(([, count]) => count > 0).map(([name, count]) => html` ${badge(`verdict-${name}`, `${words(name)} ${count}`)}`);
  return html`<p id="readiness">${words(isPartly ? "readiness_partly" : `readiness_${verdict}`)}${signs}</p>`;
}

const rule = (each) => html`<tr class=${each.verdict}>
  <td>${badge(`verdict-${each.verdict}`, words(each.verdict))}</td>
  <td>${prose(words(`audit_wants_${each.name}`))}<br><code>${each.name}</code></td>
  <td>${findings(each)}</td></tr>`;

export class Audit extends View {
  // It reads all that ever happened, so it is asked for seldom: long after what it looks at.
  pace = { quiet: 1500, most: 5000, pause: 5000 };
  #report = null;
  #spaces = [];
  #filter = { space: "", within: USUAL };

  open(place, filters) {
    const filter = { space: filters.get("space") ?? "", within: filters.get("within") ?? USUAL };
    if (JSON.stringify(filter) !== JSON.stringify(this.#filter)) this.#report = null;
    this.#filter = filter;
  }

  // Whether all API users are judged. Each such report is told.
  get isOfAll() {
    return this.#filter.space === "";
  }

  told() {}

  // The address of the report on the control plane.
  #path(format) {
    const { space, within } = this.#filter;
    return `${spacePath(space)}report${query({ within: within === USUAL ? "" : `${within}m`, format })}`;
  }

  async load(signal) {
    const { isOfAll } = this;
    const [report, { spaces }] = await Promise.all([get(this.#path(), signal), get("spaces", signal)]);
    return { report, spaces, isOfAll };
  }

  take({ report, spaces, isOfAll }) {
    this.#report = report;
    this.#spaces = spaces;
    if (isOfAll) this.told(report);
  }

  #changed({ target: { name, value } }) {
    const { space, within } = { ...this.#filter, [name]: value };
    this.#report = null;
    this.#filter = { space, within };
    history.replaceState(null, "", hashOf("audit", { space, within: within === USUAL ? "" : within }));
    this.draw();
    this.refresh();
  }

  #filters() {
    const { space, within } = this.#filter;
    const minutes = MINUTES.map((each) => html`<option value=${each} .selected=${each === within}>${each} min</option>`);
    const saves = FORMS.map(([form, ending, name]) => saveLink(this.#path(form), `audit.${ending}`, name));
    return html`<form class="filters" @change=${(event) => this.#changed(event)}>
      <label>${words("space")}<select name="space">${spaceChoice(this.#spaces, space)}</select></label>
      <label>${words("within")}<select name="within">${minutes}</select></label></form>
      <p class="saves">${words("save")}${words("colon")} ${saves}</p>`;
  }

  #shown() {
    const { headline_parts: parts, verdict, money, rules, migration } = this.#report;
    const sorted = [...rules].sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
    const heads = ["verdict", "sound", "seen"].map((name) => html`<th scope="col">${words(name)}</th>`);
    return html`<p class="headline" role="status" data-verdict=${verdict}>${parts.map(sentence).join(" ")}</p>
      ${migration ? readiness(migration) : nothing}
      <div class="sums">${SUMS.map((name) => sum(name, money[name]))}</div>
      <div class="scroll" tabindex="0" role="region" aria-label=${words("rules")}>
        <table id="rules"><thead><tr>${heads}</tr></thead>
          <tbody>${repeat(sorted, (each) => each.name, rule)}</tbody></table></div>`;
  }

  template() {
    return html`<h2>${words("audit")}</h2><p>${words("audit_why")}</p>${this.#filters()}
      ${fault(this.fault)}${this.#report ? this.#shown() : nothing}`;
  }
}
