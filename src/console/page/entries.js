// A view of the newest entries of the journal about some events, and of one of them whole. They are
// shown as they come; only what a reset has forgotten must be asked for. The filters are in the
// address.

import { call, get, query, textOf } from "./control.js";
import { exchange } from "./exchange.js";
import { fault, filtersForm, html, nothing, repeat } from "./html.js";
import { paced } from "./pace.js";
import { hashOf } from "./route.js";
import { attempt } from "./say.js";
import { View } from "./view.js";
import { words } from "./words.js";

export class Entries extends View {
  entries = null;
  filter = {};
  spaces = [];
  #mode = "";
  // Which entry is shown whole, and what is known of it.
  #number = "";
  #one = null;
  #drawSoon = paced(async () => this.draw(), { pause: 200 });
  // The journal does not tell when an answer that was delayed goes out.
  #lookAgain = paced(async () => this.#isAwaited && this.refresh(), { quiet: 1000 });

  // Of each event so many are kept.
  constructor(name, events, kept, filters) {
    super();
    Object.assign(this, { name, events, kept, filters });
  }

  // What the filters are for the journal. A view may look closer itself.
  get asked() {
    return {};
  }

  passes() {
    return true;
  }

  // Those of a higher rank are first, and within a rank the newest.
  rank() {
    return 0;
  }

  open([number = ""], filters) {
    this.filter = this.#filters(filters);
    if (number !== this.#number) this.#one = null;
    this.#number = number;
    this.draw();
  }

  // Whether the answer of the one that is shown is still to come.
  get #isAwaited() {
    return this.node.isConnected && this.#one?.record?.took_ms === null;
  }

  #filters(given = new URLSearchParams()) {
    return Object.fromEntries(this.filters.map((name) => [name, given.get(name) ?? ""]));
  }

  get #isFiltered() {
    return Object.values(this.filter).some(Boolean);
  }

  happened(entries) {
    const taken = entries.filter((entry) => this.events.includes(entry.event));
    if (taken.length && this.entries) {
      this.#add(taken);
      this.#drawSoon();
    }
    return entries.some((entry) => entry.event === "reset");
  }

  #add(entries) {
    const byNumber = new Map([...this.entries, ...entries].map((entry) => [entry.number, entry]));
    const order = (one, other) => this.rank(other) - this.rank(one) || other.number - one.number;
    const sorted = [...byNumber.values()].filter((entry) => this.passes(entry)).sort(order);
    this.entries = sorted.slice(0, this.kept * this.events.length);
  }

  async load(signal) {
    if (this.#number) return { one: await this.#loadOne(signal) };
    this.entries ??= [];
    const [recording, { spaces }, pages] = await Promise.all([get("recording", signal), get("spaces", signal), this.pages(signal)]);
    return { recording, spaces, pages };
  }

  pages(signal) {
    return Promise.all(this.events.map((event) => get(`journal${query({ event, tail: this.kept, ...this.asked })}`, signal)));
  }

  async #loadOne(signal) {
    const number = Number(this.#number);
    const next = Number.isSafeInteger(number) && number >= 0 ? number + 1 : 0;
    const kind = this.name.slice(0, -1);
    const [{ recording, requests }, { entries }] = await Promise.all([
      get(`requests${query({ kind, before: next, limit: 1 })}`, signal),
      get(`journal${query({ after: number > 0 ? next - 2 : "", limit: 1 })}`, signal),
    ]);
    const isIt = (each) => each.number === number;
    // Asked for only where it is there: a browser complains of each 404.
    const [record, curl] = requests.some(isIt)
      ? await Promise.all([get(`requests/${number}`, signal), textOf(`requests/${number}/curl`, { cache: "no-store", signal })]) : [];
    return { recording, record, curl, entry: entries.find((each) => isIt(each) && this.events.includes(each.event)) };
  }

  take({ one, pages, recording, spaces = this.spaces }) {
    this.#mode = one?.recording ?? recording.record;
    this.spaces = spaces;
    if (one) {
      this.#one = one;
      if (this.#isAwaited) this.#lookAgain();
      return;
    }
    const entries = pages.flatMap((page) => page.entries);
    const last = Math.max(-1, ...entries.map((entry) => entry.number));
    // What came while it was asked for, and is not in the answer.
    this.entries = this.entries.filter((entry) => entry.number > last);
    this.#add(entries);
  }

  // The address of one entry, from which the way back leads to these filters.
  linkOf({ number }) {
    return hashOf(`${this.name}/${number}`, this.filter);
  }

  put(filter) {
    this.filter = { ...this.filter, ...filter };
    history.replaceState(null, "", hashOf(this.name, this.filter));
    this.draw();
    this.refresh();
  }

  filtersForm(fields) {
    return filtersForm(fields, (change) => this.put(change), this.#isFiltered && (() => this.put(this.#filters())));
  }

  #switch() {
    const put = async ({ target }) => {
      try {
        this.#mode = (await call("PUT", "recording", { record: target.checked ? "all" : "refused" })).record;
      } finally {
        this.draw();
      }
    };
    return html`<p class="recording"><label><input type="checkbox" id="record-all" .checked=${this.#mode === "all"} @change=${attempt(put)}>
      ${words("record_all")}</label> <small>${words(`recording_${this.#mode || "refused"}`)}</small></p>`;
  }

  // A table with these heads, or what is said where there is nothing.
  table(heads, entries, row, empty) {
    if (!this.entries || this.fault) return fault(this.fault);
    if (!entries.length) return html`<p class="card">${words(this.#isFiltered ? "nothing_fits" : empty)}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words(this.name)}>
      <table id=${this.name}><thead><tr>${heads.map((head) => html`<th scope="col">${words(head)}</th>`)}</tr></thead>
        <tbody>${repeat(entries, (entry) => entry.number, row)}</tbody></table></div>`;
  }

  #whole() {
    if (this.fault || !this.#one) return fault(this.fault);
    if (!this.#one.entry && !this.#one.record) return html`<p class="card">${words("request_gone")}</p>`;
    return exchange(this.#one, html`<p>${words("not_recorded")}</p>${this.#switch()}`);
  }

  template() {
    if (this.#number) return html`<a href=${hashOf(this.name, this.filter)} class="back">← ${words(`all_${this.name}`)}</a>${this.#whole()}`;
    return html`<h2>${words(this.name)}</h2><p>${words(`${this.name}_why`)}</p>${this.fault ? nothing : this.#switch()}
      ${this.list(this.entries?.filter((entry) => this.passes(entry)) ?? [])}`;
  }
}
