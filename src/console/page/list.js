// The payments, newest first, and what they are filtered by.

import { get, query } from "./control.js";
import { element, shortId, time } from "./element.js";
import { start } from "./start.js";
import { words } from "./words.js";

const PAGE = 200;
const STATUSES = ["CREATED", "PENDING", "SUCCESSFUL", "FAILED"];
const PRODUCTS = ["collection", "disbursement", "remittance"];

function choice(name, label, options) {
  const choices = options.map(([value, text]) => element("option", { value }, text));
  return element("label", {}, words(label), element("select", { name }, ...choices));
}

const field = (name, label) =>
  element("label", {}, words(label), element("input", { name, size: "14", autocomplete: "off", title: words("stars") }));

export const badge = (kind, text) => element("span", { class: `badge ${kind.toLowerCase()}` }, text);

export const amountOf = (line) => (line.amount === null ? "" : `${line.amount} ${line.currency}`);

function row(line) {
  const place = `#payment/${line.reference_id}/${line.api_user}`;
  return element("tr", { "data-reference": line.reference_id },
    element("td", {}, time(line.accepted_at)),
    element("td", {}, element("a", { href: place, class: "id" }, shortId(line.reference_id))),
    element("td", { class: "wide" }, line.operation),
    element("td", {}, line.party ?? ""),
    element("td", { class: "number" }, amountOf(line)),
    element("td", {}, badge(line.status, line.status), " ", line.reason ? element("small", {}, line.reason) : null),
    element("td", {}, line.callback === "not_requested" ? "–" : badge(`callback-${line.callback}`, line.callback)),
    element("td", { class: "number wide" }, `${line.status_reads}`));
}

export class List {
  #after = [];
  #lines = new Map();
  #spaces = "";

  constructor() {
    this.filters = element("form", { class: "filters", role: "search" },
      choice("status", "status", [["", words("any_status")], ...STATUSES.map((each) => [each, each])]),
      choice("product", "product", [["", words("any_product")], ...PRODUCTS.map((each) => [each, each])]),
      choice("space", "space", [["", words("any_space")]]),
      field("party", "party"), field("reference_id", "reference"));
    this.filters.addEventListener("input", () => {
      this.#after = [];
      this.refresh();
    });
    this.filters.addEventListener("submit", (event) => event.preventDefault());
    this.count = element("p", { class: "count", role: "status" });
    this.rows = element("tbody");
    const heads = ["when", "reference", "operation", "party", "amount", "status", "callback", "queries"];
    const classes = { operation: "wide", amount: "number", queries: "number wide" };
    const head = heads.map((name) => element("th", { scope: "col", class: classes[name] }, words(name)));
    this.table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words("payments") },
      element("table", { id: "list" }, element("thead", {}, element("tr", {}, ...head)), this.rows));
    this.newest = element("button", { type: "button", class: "quiet", onclick: () => this.#turn(null) }, words("newest"));
    this.older = element("button", { type: "button", class: "quiet", onclick: () => this.#turn("older") }, words("older"));
    this.pages = element("div", { class: "buttons" }, this.newest, this.older);
    this.begin = element("div");
    this.node = element("section", { "aria-label": words("payments") },
      this.filters, this.count, this.begin, this.table, this.pages);
  }

  #turn(where) {
    if (where === null) this.#after = [];
    else this.#after.push([...this.#lines.keys()].at(-1));
    this.refresh();
  }

  async refresh() {
    const { space, status, product, party, reference_id } = Object.fromEntries(new FormData(this.filters));
    const filter = { status, product, party: party.trim(), reference_id: reference_id.trim().toLowerCase() };
    const page = { order: "newest", limit: PAGE, after: this.#after.at(-1) };
    const below = space ? `spaces/${space}/` : "";
    const [{ transactions, total }, { spaces }] = await Promise.all([
      get(`${below}transactions${query({ ...filter, ...page })}`).catch((error) => {
        // The page began behind one that was forgotten meanwhile.
        if (!this.#after.length) throw error;
        this.#after = [];
        return get(`${below}transactions${query({ ...filter, ...page, after: "" })}`);
      }),
      get("spaces"),
    ]);
    const isFiltered = space !== "" || Object.values(filter).some((value) => value !== "");
    this.#showSpaces(spaces);
    this.#showLines(transactions);
    const isEmpty = total === 0 && !isFiltered;
    this.begin.replaceChildren(...(isEmpty ? [start(spaces)] : []));
    for (const node of [this.table, this.filters, this.count]) node.hidden = isEmpty;
    this.count.textContent = total === 0 ? words("nothing_fits") : words("shown", { shown: transactions.length, total });
    this.newest.hidden = this.#after.length === 0;
    this.older.hidden = transactions.length < PAGE;
  }

  #showSpaces(spaces) {
    const known = JSON.stringify(spaces.map((space) => [space.api_user, space.provider_callback_host]));
    if (known === this.#spaces) return;
    this.#spaces = known;
    const select = this.filters.elements.space;
    const kept = select.value;
    const options = spaces.map((space) =>
      element("option", { value: space.api_user }, `${shortId(space.api_user)} (${space.provider_callback_host})`));
    select.replaceChildren(element("option", { value: "" }, words("any_space")), ...options);
    select.value = kept;
  }

  // Rows that say what they said stay as they are, so that a reader's place and focus do too.
  #showLines(lines) {
    const next = new Map();
    for (const line of lines) {
      const text = JSON.stringify(line);
      const shown = this.#lines.get(line.reference_id);
      next.set(line.reference_id, shown?.text === text ? shown : { text, node: row(line) });
    }
    const nodes = [...next.values()].map(({ node }) => node);
    const isSame = nodes.length === this.rows.children.length && nodes.every((node, at) => this.rows.children[at] === node);
    if (!isSame) {
      const focused = document.activeElement?.getAttribute?.("href");
      this.rows.replaceChildren(...nodes);
      if (focused) this.rows.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
    this.#lines = next;
  }
}
