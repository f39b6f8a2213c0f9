// The payments, newest first, and what they are filtered by. The filters are in the address.

import { verdicts } from "./callbacks.js";
import { get, query } from "./control.js";
import { hold, isRead } from "./held.js";
import { fault, filtersForm, foldButton, html, keyOf, nothing, options, repeat, spaceChoice } from "./html.js";
import { payerButtons } from "./payer.js";
import { isRefused } from "./requests.js";
import { hashOf, listOf } from "./route.js";
import { HEADS, row } from "./rows.js";
import { Snippets } from "./snippets.js";
import { start } from "./start.js";
import { TestPayment } from "./test-payment.js";
import { View } from "./view.js";
import { words } from "./words.js";

const PAGE = 200;
// So many new lines are counted while they wait.
const WAITING_MAX = 1000;
const CHOICES = {
  status: ["CREATED", "PENDING", "SUCCESSFUL", "FAILED"],
  product: ["collection", "disbursement", "remittance"],
  operation: ["requesttopay", "requesttowithdraw", "invoice", "payment", "preapproval", "transfer", "deposit", "refund", "cashtransfer"],
};
const FILTERS = ["find", ...Object.keys(CHOICES), "verdict", "space"];
const NONE = Object.fromEntries(FILTERS.map((name) => [name, ""]));

const choice = (name, chosen, values = CHOICES[name], label = name) => html`<label class="folds">${words(label)}<select
  name=${name}>${options(values, chosen, words(`any_${name}`))}</select></label>`;

export class List extends View {
  #filter = NONE;
  // The last line of each page before the one that is shown.
  #before = [];
  #lines = [];
  // Lines that came while somebody read the others.
  #waiting = [];
  #found = [];
  // Whether more were found than were asked for.
  #isCut = false;
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
  // Of which page of it.
  #page = -1;
  #isMore = false;

  constructor() {
    super();
    // Who comes back to the top reads no row: what waited comes by itself.
    addEventListener("scroll", () => this.node.isConnected && this.#waiting.length && !this.#isRead && this.#showAll());
  }

  get hash() {
    return hashOf("payments", this.#filter);
  }

  get #isFiltered() {
    return Object.values(this.#filter).some((value) => value !== "");
  }

  get #isRead() {
    return isRead(this.node.querySelector("tbody"));
  }

  open(place, filters) {
    // Nobody has read on while another view was looked at.
    this.#page = -1;
    const next = Object.fromEntries(FILTERS.map((name) => [name, filters.get(name) ?? ""]));
    if (JSON.stringify(next) === JSON.stringify(this.#filter)) return;
    this.#filter = next;
    this.#before = [];
  }

  happened(entries) {
    return entries.some((entry) => entry.reference_id !== null || entry.event === "reset" || (this.#total === 0 && entry.event === "request") || entry.event === "api_key_created");
  }

  #put(change) {
    this.#filter = { ...this.#filter, ...change };
    this.#before = [];
    history.replaceState(null, "", this.hash);
    this.draw();
    this.refresh();
  }

  #turn(isOlder) {
    if (isOlder) this.#before.push(this.#lines.at(-1));
    else this.#before = [];
    this.refresh();
  }

  async load(signal) {
    const [path, asked] = listOf(this.#filter);
    const shown = JSON.stringify(this.#filter);
    const last = this.#before.at(-1);
    // One more than is shown tells whether there are older ones; new ones may stand above.
    const limit = PAGE + 1 + (this.#isRead ? Math.min(this.#waiting.length + PAGE, WAITING_MAX) : 0);
    const page = (after) => {
      const place = after ? { after: after.reference_id, after_api_user: after.api_user } : {};
      return get(`${path}${query({ ...asked, order: "newest", limit, ...place })}`, signal);
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
    const [requests, inForce] = isFirst
      ? await Promise.all([get("journal?event=request&tail=50", signal), get("scenario", signal)]) : [];
    return { transactions, limit, total, spaces, shown, refused: requests?.entries.filter(isRefused) ?? [], inForce: inForce?.scenarios ?? [] };
  }

  take({ transactions, limit, total, spaces, shown, refused, inForce }) {
    const isSame = shown === this.#shown && this.#before.length === this.#page;
    this.#found = transactions;
    this.#isCut = transactions.length === limit;
    this.#refused = refused;
    this.#inForce = inForce;
    this.#total = total;
    this.#spaces = spaces;
    this.#shown = shown;
    this.#page = this.#before.length;
    const isHeld = isSame && this.#isRead;
    this.#part(isHeld ? hold(transactions, this.#lines, this.#isCut) : { lines: transactions, waiting: [] });
  }

  #part({ lines, waiting }) {
    this.#isMore = this.#isCut || lines.length > PAGE;
    this.#lines = lines.slice(0, PAGE);
    this.#waiting = waiting;
  }

  // Shows what waited. Who asked for it by the button goes to the top with it.
  #showAll() {
    this.#part({ lines: this.#found, waiting: [] });
    this.draw();
  }

  #goToTop() {
    this.#showAll();
    this.node.querySelector(".scroll").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  // A row that goes, or a button in it, must not take the focus away with it.
  draw() {
    const focused = this.node.querySelector("tr:focus-within");
    const at = focused?.sectionRowIndex;
    super.draw();
    if (!focused || this.node.contains(document.activeElement)) return;
    const rows = this.node.querySelectorAll("#list tbody tr");
    const next = focused.isConnected ? focused : rows[Math.min(at, rows.length - 1)];
    ((next ?? this.node).querySelector("a, input") ?? this.node.parentElement)?.focus();
  }

  #filters() {
    const { find, space, verdict } = this.#filter;
    const count = FILTERS.filter((name) => name !== "find" && this.#filter[name] !== "").length;
    const fields = html`
      <label>${words("find")}<input name="find" size="24" autocomplete="off" aria-keyshortcuts="/" title=${words("find_why")} .value=${find}></label>
      ${foldButton(count)}
      ${Object.keys(CHOICES).map((name) => choice(name, this.#filter[name]))}${choice("verdict", verdict, verdicts(), "callback")}
      <label class="folds">${words("space")}<select name="space">${spaceChoice(this.#spaces, space)}</select></label>`;
    return filtersForm(fields, (change) => this.#put(change), this.#isFiltered && (() => this.#put(NONE)));
  }

  #count() {
    const waiting = this.#waiting.length;
    const count = waiting > WAITING_MAX ? `${WAITING_MAX}+` : waiting;
    return html`<div class="count"><span role="status">${this.#total === 0 ? words("nothing_fits") : words("shown", { shown: this.#lines.length, total: this.#total })}</span>
      ${waiting ? html`<button type="button" id="new-rows" @click=${() => this.#goToTop()}>${words("new_rows", { count })}</button>` : nothing}</div>`;
  }

  #table() {
    const heads = Object.entries(HEADS).map(([name, kind]) => html`<th scope="col" class=${kind}>${words(name)}</th>`);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words("list")}>
      <table id="list"><thead><tr>${heads}</tr></thead><tbody>${repeat(this.#lines, keyOf, (line) => row(line, payerButtons(line, () => this.refresh())))}</tbody></table></div>`;
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
      ${this.#count()}
      ${this.#table()}
      <div class="buttons">
        ${this.#before.length ? html`<button type="button" class="quiet" @click=${() => this.#turn(false)}>${words("newest")}</button>` : nothing}
        ${this.#isMore ? html`<button type="button" class="quiet" @click=${() => this.#turn(true)}>${words("older")}</button>` : nothing}
      </div>`;
  }
}
