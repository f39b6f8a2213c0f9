// The callbacks of all payments, as they went out, were answered, or were lost.

import { get } from "./control.js";
import { badge, fault, html, linkTo, nothing, repeat, shortId, time } from "./html.js";
import { paced } from "./pace.js";
import { View } from "./view.js";
import { words } from "./words.js";

const EVENTS = ["callback_sent", "callback_lost", "callback_finished"];
const KEPT = 100;

function kindOf({ event, detail }) {
  if (event === "callback_finished") return detail?.startsWith("answered 2") ? "callback-answered" : "callback-failed";
  return event === "callback_lost" ? "callback-lost" : "callback-sent";
}

const row = (entry) => html`<tr>
  <td>${time(entry.at)}</td>
  <td><a href=${linkTo(entry)} class="id">${shortId(entry.reference_id)}</a></td>
  <td>${badge(kindOf(entry), words(`is_${entry.event}`))}</td>
  <td class="detail">${entry.detail ?? ""}</td></tr>`;

export class Callbacks extends View {
  #entries = null;
  #drawSoon = paced(async () => this.draw(), { pause: 200 });

  // Entries are shown as they come; only what a reset has forgotten must be asked for.
  happened(entries) {
    const taken = entries.filter((entry) => EVENTS.includes(entry.event));
    if (taken.length && this.#entries) {
      this.#add(taken);
      this.#drawSoon();
    }
    return entries.some((entry) => entry.event === "reset");
  }

  #add(entries) {
    const byNumber = new Map([...this.#entries, ...entries].map((entry) => [entry.number, entry]));
    const newest = [...byNumber.values()].sort((one, other) => other.number - one.number);
    this.#entries = newest.slice(0, KEPT * EVENTS.length);
  }

  load(signal) {
    this.#entries ??= [];
    return Promise.all(EVENTS.map((event) => get(`journal?event=${event}&tail=${KEPT}`, signal)));
  }

  take(pages) {
    const entries = pages.flatMap((page) => page.entries);
    const last = Math.max(-1, ...entries.map((entry) => entry.number));
    // What came while it was asked for, and is not in the answer.
    const since = this.#entries.filter((entry) => entry.number > last);
    this.#entries = since;
    this.#add(entries);
  }

  #table() {
    const heads = ["when", "reference", "event", "detail"].map((name) => html`<th scope="col">${words(name)}</th>`);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words("callbacks")}>
      <table id="callback-journal"><thead><tr>${heads}</tr></thead>
        <tbody>${repeat(this.#entries, (entry) => entry.number, row)}</tbody></table></div>`;
  }

  template() {
    const shown = this.#entries?.length ? this.#table() : html`<p class="card">${words("no_callbacks")}</p>`;
    return html`<h2>${words("callbacks")}</h2><p>${words("callbacks_why")}</p>
      ${fault(this.fault)}${this.#entries && !this.fault ? shown : nothing}`;
  }
}
