// One transaction: its time line, its request, its plan, its callbacks, and calls to repeat by hand.
// Of a request that was refused, why.

import { compared } from "./compare.js";
import { call, get, query, spacePath } from "./control.js";
import { callsOf } from "./curl.js";
import { amountOf, asJson, badge, byHand, card, copyCode, copyable, facts, fault, html, isFinal, isSuccess, linkTo, nothing, quoted, time, verdictBadge } from "./html.js";
import { pathOf, payerButtons } from "./payer.js";
import { refusalOf } from "./refusal.js";
import { isRefused } from "./requests.js";
import { listOf, routeOf } from "./route.js";
import { attempt } from "./say.js";
import { timeLine } from "./timeline.js";
import { span } from "./times.js";
import { View } from "./view.js";
import { words } from "./words.js";

// In the place of what the emulator does not have, or does not take for an id.
const absent = (instead) => (error) => {
  if (![400, 404].includes(error.status)) throw error;
  return instead;
};

export function decision({ rule, rule_name: name, mtn_test_value: value, overruled_by: why }) {
  const decided = rule ? words("rule_of", rule) : value ? words("test_value", { value }) : words("by_default");
  return [decided, name ? `, ${words("named", { name })}` : "", why ? ` (${words("overruled", { why })})` : ""].join("");
}

function missed(misses) {
  if (!misses.length) return nothing;
  const lines = misses.map((miss) => html`<li>${words("rule_of", miss)}${words("missed_for", miss)}</li>`);
  return html`<h4>${words("missed")}</h4><ul>${lines}</ul>`;
}

function delivery(each) {
  const headers = Object.entries(each.headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`${each.method} ${each.url}`, ...headers].join("\n");
  const told = each.answer_status ? [each.answer_status, each.answer_detail] : [each.error, each.error_detail];
  const answer = told.filter((part) => part !== null).join(": ");
  const kind = isSuccess(each.answer_status) ? "callback-answered" : "callback-failed";
  const verdicts = each.verdicts.map((verdict) => html`${verdictBadge(verdict, each.answer_status)} `);
  return html`<div class="attempt">
    <p>${words("sent_at")} ${time(each.sent_at)}, ${words("took", { time: span(each.took_ms) })}. ${words("answer")}${words("colon")} ${badge(`long ${kind}`, quoted(answer))} ${byHand(each)}</p>
    <p>${words("verdict")}${words("colon")} ${verdicts}</p>
    ${copyable(head)}${compared(each.body, each.status_body)}</div>`;
}

function callbacks(transaction) {
  const attempts = transaction.callback_attempts;
  if (attempts.length) return attempts.map(delivery);
  return html`<p>${transaction.callback === "lost" ? badge("callback-lost", words("callback_lost")) : words("no_callback")}</p>`;
}

function plan({ plan, near_misses: misses }) {
  const fates = (plan.callbacks ?? [plan.callback]).map((each) => words(`fate_${each.fate}`)).join(", ");
  const stages = plan.stages.map((stage) => html`<li>${stage.status} ${stage.reason ?? ""}
    <small>${words("after", { time: span(stage.after_ms) })}</small></li>`);
  return html`<ol class="stages">${stages}</ol>
    ${facts([["callback", fates], ["decided_by", decision(plan.decided_by)]])}${missed(misses)}`;
}

function request(transaction) {
  return facts([
    ["reference", copyCode(transaction.reference_id)],
    ["operation", `${transaction.product} ${transaction.operation}`],
    ["amount", amountOf(transaction)], ["party", transaction.party], ["external_id", transaction.external_id],
    ["space", copyCode(transaction.api_user)],
    ["url", transaction.callback_url && copyCode(transaction.callback_url)],
    ["accepted_at", time(transaction.accepted_at)], ["reason", transaction.reason],
  ]);
}

function refusal({ at, request }) {
  const { method, path, status } = request;
  return html`<li><p>${time(at)} <code>${method} ${path}</code> ${badge("failed", `${status}`)}</p>
    <p class="why">${refusalOf(request)}</p></li>`;
}

export class Transaction extends View {
  #place = [];
  #shown = null;
  #refused = [];
  // Whether it was answered what is there.
  #isKnown = false;
  // The payments before and after it in the list that the reader came from.
  #near = [null, null];
  #back = "#payments";

  constructor() {
    super(document.createElement("article"));
  }

  // `back` is the list that the reader came from.
  open(place, filters, back) {
    this.#back = back;
    if (place.join() === this.#place.join()) return;
    this.#place = place;
    this.#shown = null;
    this.#refused = [];
    this.#isKnown = false;
    this.fault = null;
    this.draw();
  }

  get title() {
    const line = this.#shown;
    return line && `${line.status} ${amountOf(line) || line.operation}`;
  }

  happened(entries) {
    const [reference] = this.#place;
    return entries.some((entry) => entry.reference_id === reference || entry.event === "reset");
  }

  async load(signal) {
    const [reference, user] = this.#place;
    const below = spacePath(user);
    try {
      const shown = await get(`${below}transactions/${encodeURIComponent(reference)}`, signal);
      return { shown, refused: [], near: await this.#neighbours(shown, signal) };
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    // Refused requests have no transaction, but the journal knows them and why. An address that
    // is no reference id, or an API user that is not there, has none either.
    const asked = { event: "request", reference_id: reference, tail: 50 };
    const { entries } = await get(`${below}journal${query(asked)}`, signal).catch(absent({ entries: [] }));
    return { shown: null, refused: entries.filter(isRefused), near: [null, null] };
  }

  // By the order and the filter of the list, newest first; none of what does not pass its filter.
  #neighbours({ reference_id: after, api_user: user }, signal) {
    const [path, filters] = listOf(Object.fromEntries(routeOf(this.#back).filters));
    return Promise.all(["oldest", "newest"].map(async (order) => {
      const asked = { ...filters, order, after, after_api_user: user, limit: 1 };
      const { transactions: [found = null] } = await get(`${path}${query(asked)}`, signal).catch(absent({ transactions: [] }));
      return found;
    }));
  }

  take({ shown, refused, near }) {
    this.#shown = shown;
    this.#near = near;
    this.#refused = refused;
    this.#isKnown = true;
  }

  #missing() {
    if (!this.#isKnown || this.fault) return nothing;
    if (!this.#refused.length) return html`<p class="card">${words("not_found")}</p>`;
    return html`<h2 class="title">${words("refused_title")}</h2>
      <section class="card" id="refused"><p>${words("refused_why")}</p><ul>${this.#refused.map(refusal)}</ul></section>`;
  }

  // What is done by hand, with a word that the audit leaves it out.
  #manual(name, path, done) {
    const press = attempt(async () => done(await call("POST", `${pathOf(this.#shown)}/${path}`)));
    return html`<p><button type="button" class="quiet" id=${path} @click=${press}>${words(name)}</button> <small>${words("manual_why")}</small></p>`;
  }

  #card() {
    const transaction = this.#shown;
    const why = transaction.plan.decided_by.why;
    const resend = transaction.callback_url && isFinal(transaction.status) ? this.#manual("resend", "callback", () => this.refresh()) : nothing;
    const replay = this.#manual("replay", "replay", (made) => { location.hash = linkTo(made); });
    return html`<h2 class="title">${amountOf(transaction) || transaction.operation} ${badge(transaction.status, transaction.status)} ${byHand(transaction)}</h2>
      <div class="answer">${payerButtons(transaction, () => this.refresh(), true)}</div>
      ${why ? card("ledger", html`<p>${quoted(why)}</p>`) : nothing}
      ${card("time_line", timeLine(transaction))}
      <div class="cards">
        ${card("request", html`${request(transaction)}${replay}`)}
        <div>${card("plan", plan(transaction))}${card("status_body", copyable(asJson(transaction.status_body)))}</div>
      </div>
      ${card("callback_attempts", html`${resend}${callbacks(transaction)}`)}
      ${card("try_it", html`<p>${words("try_why")}</p><div id="calls">${copyable(callsOf(transaction))}</div>`)}`;
  }

  #ways() {
    const way = (line, rel, text) => (line ? html`<a rel=${rel} href=${linkTo(line)}>${text}</a>` : nothing);
    const [before, after] = this.#near;
    return html`<nav class="ways" aria-label=${words("ways")}><a href=${this.#back} class="back">← ${words("back")}</a> ${way(before, "prev", words("prev_payment"))} ${way(after, "next", words("next_payment"))}</nav>`;
  }

  template() {
    return html`${this.#ways()}
      ${fault(this.fault)}<div>${this.#shown ? this.#card() : this.#missing()}</div>`;
  }
}
