// The callbacks of all payments, as they went out, were answered, or were lost.

import { Entries } from "./entries.js";
import { answerIn, badge, html, linkTo, shortId, time, verdictBadge } from "./html.js";
import { words } from "./words.js";

const EVENTS = ["callback_sent", "callback_lost", "callback_finished"];
const HEADS = ["when", "reference", "event", "detail"];

function sign(entry) {
  const { callback_verdict: verdict } = entry;
  return verdict ? verdictBadge(verdict, answerIn(entry)) : badge("callback-sent", words("callback_is_sent"));
}

const row = (entry) => html`<tr>
  <td>${time(entry.at)}</td>
  <td><a href=${linkTo(entry)} class="id">${shortId(entry.reference_id)}</a></td>
  <td>${sign(entry)}</td>
  <td class="detail">${entry.detail ?? ""}</td></tr>`;

export class Callbacks extends Entries {
  constructor() {
    super(EVENTS, 100);
  }

  template() {
    return html`<h2>${words("callbacks")}</h2><p>${words("callbacks_why")}</p>
      ${this.table(words("callbacks"), "callback-journal", HEADS, this.entries ?? [], row, words("no_callbacks"))}`;
  }
}
