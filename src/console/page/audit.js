// The audit: what the merchant's program did, and the money that it lost sight of.

import { get } from "./control.js";
import { element, shortId } from "./element.js";
import { badge } from "./list.js";
import { words } from "./words.js";

const SUMS = ["collected", "refunded", "payouts_returned", "never_learnt", "charged_twice", "payouts_never_learnt", "returns_never_learnt"];
const GOOD = ["collected", "refunded", "payouts_returned"];
const SHOWN_MAX = 20;

function sum(name, sums) {
  const text = sums.length ? sums.map((each) => `${each.amount} ${each.currency} (${each.count})`).join(", ") : words("none");
  const isBad = !GOOD.includes(name) && sums.length > 0;
  return element("div", { class: `sum${isBad ? " bad" : ""}` }, element("strong", {}, text), element("span", {}, words(name)));
}

function failure(each) {
  const times = each.times > 1 ? ` (×${each.times})` : "";
  if (!each.reference_id || !each.api_user) return element("li", {}, each.seen + times);
  const place = `#payment/${each.reference_id}/${each.api_user}`;
  return element("li", {}, element("a", { href: place, class: "id" }, shortId(each.reference_id)), `: ${each.seen}${times}`);
}

function rule(each) {
  const failures = each.failures.slice(0, SHOWN_MAX).map(failure);
  const isFailed = each.verdict === "fail";
  return element("tr", { class: each.verdict },
    element("td", {}, badge(`verdict-${each.verdict}`, words(each.verdict))),
    element("td", {}, element("strong", {}, each.name), element("br"), each.wants),
    element("td", {}, isFailed ? element("ul", {}, ...failures) : "", isFailed ? element("p", { class: "remedy" }, `${words("remedy")}: ${each.remedy}`) : ""));
}

export class Audit {
  #shown = "";

  constructor() {
    this.headline = element("p", { class: "headline", role: "status" });
    this.sums = element("div", { class: "sums" });
    this.rules = element("tbody");
    const head = ["verdict", "rule", "seen"].map((name) => element("th", { scope: "col" }, words(name)));
    this.node = element("section", {},
      element("h2", {}, words("audit")), element("p", {}, words("audit_why")), this.headline, this.sums,
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words("audit") },
        element("table", { id: "rules" }, element("thead", {}, element("tr", {}, ...head)), this.rules)));
  }

  async refresh() {
    const report = await get("report");
    const text = JSON.stringify(report);
    if (text === this.#shown) return;
    this.#shown = text;
    this.headline.textContent = report.headline;
    this.headline.dataset.verdict = report.verdict;
    this.sums.replaceChildren(...SUMS.map((name) => sum(name, report.money[name])));
    const order = { fail: 0, incomplete: 1, pass: 2, not_exercised: 3 };
    const rules = [...report.rules].sort((one, other) => order[one.verdict] - order[other.verdict]);
    this.rules.replaceChildren(...rules.map(rule));
  }
}
