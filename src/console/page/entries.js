// A view of the newest entries of the journal about some events. They are shown as they come; only
// what a reset has forgotten must be asked for.

import { get } from "./control.js";
import { fault, html, repeat } from "./html.js";
import { paced } from "./pace.js";
import { View } from "./view.js";
import { words } from "./words.js";

export class Entries extends View {
  entries = null;
  #drawSoon = paced(async () => this.draw(), { pause: 200 });

  // Of each event so many are kept.
  constructor(events, kept) {
    super();
    this.events = events;
    this.kept = kept;
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
    const newest = [...byNumber.values()].sort((one, other) => other.number - one.number);
    this.entries = newest.slice(0, this.kept * this.events.length);
  }

  load(signal) {
    this.entries ??= [];
    return Promise.all(this.events.map((event) => get(`journal?event=${event}&tail=${this.kept}`, signal)));
  }

  take(pages) {
    const entries = pages.flatMap((page) => page.entries);
    const last = Math.max(-1, ...entries.map((entry) => entry.number));
    // What came while it was asked for, and is not in the answer.
    this.entries = this.entries.filter((entry) => entry.number > last);
    this.#add(entries);
  }

  // A table with these heads, or what is said where there is nothing.
  table(name, id, heads, entries, row, empty) {
    if (!this.entries || this.fault) return fault(this.fault);
    if (!entries.length) return html`<p class="card">${empty}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${name}>
      <table id=${id}><thead><tr>${heads.map((head) => html`<th scope="col">${words(head)}</th>`)}</tr></thead>
        <tbody>${repeat(entries, (entry) => entry.number, row)}</tbody></table></div>`;
  }
}

