// One transaction: its time line, its request, its plan, its callbacks, and calls to repeat by hand.

import { get } from "./control.js";
import { copyable, element, time } from "./element.js";
import { amountOf, badge } from "./list.js";
import { span, timeLine } from "./timeline.js";
import { words } from "./words.js";

const KEY = "Ocp-Apim-Subscription-Key: any-key";
const VERSIONS = { "requesttowithdraw": ["v1_0"], "invoice": ["v2_0"], "payment": ["v2_0"], "cashtransfer": ["v2_0"], "preapproval": ["v1_0"] };

const json = (value) => element("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
const card = (title, ...content) => element("section", { class: "card" }, element("h3", {}, words(title)), ...content);

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", {}, ...shown.flatMap(([name, value]) => [element("dt", {}, words(name)), element("dd", {}, value)]));
}

function decision({ rule, rule_name: name, mtn_test_value: value, overruled_by: why }) {
  const decided = rule ? words("rule_of", rule) : value ? words("test_value", { value }) : words("by_default");
  return [decided, name ? ` “${name}”` : "", why ? ` (${words("overruled", { why })})` : ""].join("");
}

// Why the emulator's own ledger made it fail, where MTN's sandbox would not have.
function ledger({ why }) {
  return why ? [card("ledger", element("p", {}, why))] : [];
}

function missed(misses) {
  if (!misses.length) return [];
  const lines = misses.map((miss) =>
    element("li", {}, `${words("rule_of", miss)}${words("missed_for", miss)}`));
  return [element("h4", {}, words("missed")), element("ul", {}, ...lines)];
}

function attempt(each) {
  const headers = Object.entries(each.headers).map(([name, value]) => `${name}: ${value}`);
  const bytes = [`${each.method} ${each.url}`, ...headers, "", each.body].join("\n");
  const told = each.answer_status ? [each.answer_status, each.answer_detail] : [each.error, each.error_detail];
  const answer = told.filter((part) => part !== null).join(": ");
  const isGood = each.answer_status >= 200 && each.answer_status < 300;
  return element("div", { class: "attempt" },
    element("p", {}, words("sent_at"), " ", time(each.sent_at), `, ${words("took", { time: span(each.took_ms) })}. ${words("answer")}: `,
      badge(isGood ? "callback-answered" : "callback-failed", answer)),
    element("pre", { tabindex: "0" }, bytes));
}

// The path of the request itself, as it came; of one that is not in the journal any more, as it is
// usual.
function curl(transaction) {
  const asked = transaction.journal.find((entry) => entry.event === "request" && entry.request.method === "POST");
  const [version] = VERSIONS[transaction.operation] ?? ["v1_0"];
  const path = asked?.request.path ?? `/${transaction.product}/${version}/${transaction.operation}`;
  const url = `${location.origin}${path}/${transaction.reference_id}`;
  return `curl -s ${url} \\\n  -H '${KEY}' -H 'X-Target-Environment: sandbox' -H "Authorization: Bearer $TOKEN"`;
}

function look(transaction) {
  const control = `curl -s ${location.origin}/_sandbox/transactions/${transaction.reference_id}`;
  return copyable(`${curl(transaction)}\n${control}`, words("copy"), words("copied"));
}

export class Transaction {
  #shown = "";

  constructor(reference, apiUser) {
    this.path = `${apiUser ? `spaces/${encodeURIComponent(apiUser)}/` : ""}transactions/${encodeURIComponent(reference ?? "")}`;
    this.body = element("div");
    this.node = element("article", {}, element("a", { href: "#payments", class: "back" }, `← ${words("back")}`), this.body);
  }

  async refresh() {
    let transaction;
    try {
      transaction = await get(this.path);
    } catch (error) {
      this.#shown = "";
      const text = error.status === 404 ? words("not_found") : error.message;
      this.body.replaceChildren(element("p", { class: "card" }, text));
      return;
    }
    const text = JSON.stringify(transaction);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#show(transaction);
  }

  #show(transaction) {
    const attempts = transaction.callback_attempts;
    this.body.replaceChildren(
      element("h2", { class: "title" }, amountOf(transaction) || transaction.operation, " ", badge(transaction.status, transaction.status)),
      ...ledger(transaction.plan.decided_by),
      card("time_line", timeLine(transaction)),
      element("div", { class: "cards" },
        card("request", facts([
          ["reference", element("code", {}, transaction.reference_id)],
          ["operation", `${transaction.product} ${transaction.operation}`],
          ["amount", amountOf(transaction)], ["party", transaction.party], ["external_id", transaction.external_id],
          ["space", element("code", {}, transaction.api_user)],
          ["url", transaction.callback_url && element("code", {}, transaction.callback_url)],
          ["accepted_at", time(transaction.accepted_at)], ["reason", transaction.reason],
        ])),
        card("plan",
          element("ol", { class: "stages" }, ...transaction.plan.stages.map((stage) =>
            element("li", {}, `${stage.status} ${stage.reason ?? ""} `, element("small", {}, words("after", { time: span(stage.after_ms) }))))),
          facts([["callback", (transaction.plan.callbacks ?? [transaction.plan.callback]).map((each) => each.fate).join(", ")], ["decided_by", decision(transaction.plan.decided_by)]]),
          ...missed(transaction.near_misses)),
        card("callback_attempts", ...(attempts.length ? attempts.map(attempt) : [
          element("p", {}, transaction.callback === "lost" ? badge("callback-lost", words("callback_lost")) : words("no_callback"))])),
        card("status_body", json(transaction.status_body)),
        card("try_it", element("p", {}, words("try_why")), look(transaction))));
  }
}
