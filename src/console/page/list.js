// The payments, newest first, and what they are filtered by. The filters are in the address.

import { get, query } from "./control.js";
import { amountOf, badge, callbackBadge, fault, html, keyOf, linkTo, nothing, repeat, shortId, spaceChoice, time } from "./html.js";
import { isRefused } from "./requests.js";
import { hashOf } from "./route.js";
import { Snippets } from "./snippets.js";
import { start } from "./start.js";
import { TestPayment } from "./test-payment.js";
import { View } from "./view.js";
import { words } from "./words.js";

const PAGE = 200;
const STATUSES = ["CREATED", "PENDING", "SUCCESSFUL", "FAILED"];
const PRODUCTS = ["collection", "disbursement", "remittance"];
const FILTERS = ["status", "product", "space", "party", "find"];
const NONE = Object.fromEntries(FILTERS.map((name) => [name, ""]));
const HEADS = { when: "", reference: "", operation: "wide", party: "", amount: "number", status: "", callback: "", queries: "number wide" };

const trimmed = (filter) => Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, value.trim()]));

const choices = (values, chosen, any) => html`<option value="" .selected=${chosen === ""}>${any}</option>
  ${values.map((value) => html`<option value=${value} .selected=${value === chosen}>${value}</option>`)}`;

const row = (line) => html`<tr data-reference=${line.reference_id}>
  <td>${time(line.accepted_at)}</td>
  <td><a href=${linkTo(line)} class="id">${shortId(line.reference_id)}</a></td>
  <td class="wide">${line.operation}</td>
  <td>${line.party ?? ""}</td>
  <td class="number">${amountOf(line)}</td>
  <td>${badge(line.status, line.status)} ${line.reason ? html`<small>${line.reason}</small>` : nothing}</td>
  <td>${callbackBadge(line)}</td>
  <td class="number wide">${line.status_reads}</td>
</tr>`;

export class List extends View {
  #filter = NONE;
  // The last line of each page before the one that is shown.
  #before = [];
  #lines = [];
  #isMore = false;
  #total = 0;
  #spaces = [];
  #test = new TestPayment(() => this.draw());
  #snippets = null;
  // The scenarios in force, where there is no payment yet.
  #inForce = [];
  // Requests that were refused before there was any payment.
  #refused = [];
  // Of which filter the lines are; none before the first answer.
  #shown = null;

  get hash() {
    return hashOf("payments", this.#filter);
  }

  get #isFiltered() {
    return Object.values(this.#filter).some((value) => value !== "");
  }

  open(place, filters) {
    const next = Object.fromEntries(FILTERS.map((name) => [name, filters.get(name) ?? ""]));
    if (JSON.stringify(next) === JSON.stringify(this.#filter)) return;
    this.#filter = next;
    this.#before = [];
  }

  happened(entries) {
    return entries.some((entry) => entry.reference_id !== null || entry.event === "reset" || (this.#total === 0 && entry.event === "request") || entry.event === "api_key_created");
  }

  #put(filter) {
    this.#filter = filter;
    this.#before = [];
    history.replaceState(null, "", this.hash);
    this.draw();
    this.refresh();
  }

  #changed({ target: { name, value } }) {
    this.#put({ ...this.#filter, [name]: value });
  }

  #turn(isOlder) {
    if (isOlder) this.#before.push(this.#lines.at(-1));
    else this.#before = [];
    this.refresh();
  }

  async load(signal) {
    const { space, ...filter } = this.#filter;
    const shown = JSON.stringify(this.#filter);
    const last = this.#before.at(-1);
    const page = (after) => {
      const place = after ? { after: after.reference_id, after_api_user: after.api_user } : {};
      const below = space ? `spaces/${encodeURIComponent(space)}/` : "";
      // One more than is shown tells whether there are older ones.
      return get(`${below}transactions${query({ ...trimmed(filter), order: "newest", limit: PAGE + 1, ...place })}`, signal);
    };
    const [{ transactions, total }, { spaces }] = await Promise.all([
      page(last).catch((error) => {
        // The page began behind one that was forgotten meanwhile.
        if (error.status !== 404 || !last) throw error;
        this.#before = [];
        return page(null);
      }),
      get("spaces", signal),
    ]);
    // Where there is no payment yet, what was refused says why.
    const isFirst = total === 0 && !this.#isFiltered;
    const [asked, inForce] = isFirst
      ? await Promise.all([get("journal?event=request&tail=50", signal), get("scenario", signal)]) : [];
    return { transactions, total, spaces, shown, refused: asked?.entries.filter(isRefused) ?? [], inForce: inForce?.scenarios ?? [] };
  }

  take({ transactions, total, spaces, shown, refused, inForce }) {
    this.#refused = refused;
    this.#inForce = inForce;
    this.#lines = transactions.slice(0, PAGE);
    this.#isMore = transactions.length > PAGE;
    this.#total = total;
    this.#spaces = spaces;
    this.#shown = shown;
  }

  #filters() {
    const { status, product, space, party, find } = this.#filter;
    return html`<form class="filters" role="search" @input=${(event) => this.#changed(event)} @submit=${(event) => event.preventDefault()}>
      <label>${words("status")}<select name="status">${choices(STATUSES, status, words("any_status"))}</select></label>
      <label>${words("product")}<select name="product">${choices(PRODUCTS, product, words("any_product"))}</select></label>
      <label>${words("space")}<select name="space">${spaceChoice(this.#spaces, space)}</select></label>
      <label>${words("party")}<input name="party" size="14" autocomplete="off" title=${words("stars")} .value=${party}></label>
      <label>${words("find")}<input name="find" size="18" autocomplete="off" title=${words("find_why")} .value=${find}></label>
      ${this.#isFiltered ? html`<button type="button" class="quiet" id="clear" @click=${() => this.#put(NONE)}>${words("clear")}</button>` : nothing}
    </form>`;
  }

  #table() {
    const heads = Object.entries(HEADS).map(([name, kind]) => html`<th scope="col" class=${kind}>${words(name)}</th>`);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words("list")}>
      <table id="list"><thead><tr>${heads}</tr></thead><tbody>${repeat(this.#lines, keyOf, row)}</tbody></table></div>`;
  }

  #count() {
    if (this.#total === 0) return words("nothing_fits");
    return words("shown", { shown: this.#lines.length, total: this.#total });
  }

  template() {
    const isOfFilter = this.#shown === JSON.stringify(this.#filter);
    // Lines of another filter must not stand under this one.
    if (this.#shown === null || (this.fault && !isOfFilter)) {
      return html`${this.#filters()}${fault(this.fault)}`;
    }
    if (this.#total === 0 && !this.#isFiltered) {
      if (!this.#snippets) {
        this.#snippets = new Snippets();
        this.#snippets.refresh();
      }
      const parts = { spaces: this.#spaces, refused: this.#refused, inForce: this.#inForce, test: this.#test, snippets: this.#snippets };
      return html`${fault(this.fault)}${start(parts)}`;
    }
    return html`${this.#test.isBegun ? this.#test.node : nothing}${this.#filters()}${fault(this.fault)}
      <p class="count" role="status">${this.#count()}</p>
      ${this.#table()}
      <div class="buttons">
        ${this.#before.length ? html`<button type="button" class="quiet" @click=${() => this.#turn(false)}>${words("newest")}</button>` : nothing}
        ${this.#isMore ? html`<button type="button" class="quiet" @click=${() => this.#turn(true)}>${words("older")}</button>` : nothing}
      </div>`;
  }
}
