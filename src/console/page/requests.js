// The requests of the emulated API: the refused ones first, each with why.

import { Entries } from "./entries.js";
import { badge, html, isSuccess, linkTo, nothing, shortId, time } from "./html.js";
import { hashOf } from "./route.js";
import { words } from "./words.js";

const HEADS = ["when", "http_status", "request", "space", "why"];

export const isRefused = ({ request: { status, refusal } }) => Boolean(refusal) || status === 0 || status >= 400;

// What is looked through: what the row shows, and the whole ids.
const textOf = ({ api_user: user, reference_id: reference, request }) =>
  [user, reference, ...Object.values(request)].filter((value) => value !== null).join(" ").toLowerCase();

function answer({ status }) {
  return badge(isSuccess(status) ? "callback-answered" : "failed", status === 0 ? "–" : `${status}`);
}

function line(entry) {
  const { method, path, operation } = entry.request;
  const text = html`<code>${method} ${path}</code>`;
  return html`${entry.reference_id ? html`<a href=${linkTo(entry)}>${text}</a>` : text} <small>${operation ?? ""}</small>`;
}

const row = (entry) => html`<tr>
  <td>${time(entry.at)}</td><td>${answer(entry.request)}</td>
  <td class="detail">${line(entry)}</td>
  <td>${entry.api_user ? shortId(entry.api_user) : "–"}</td>
  <td class="detail">${entry.request.refusal ? html`<strong>${entry.request.refusal}</strong> ` : nothing}${entry.request.why ?? ""}</td></tr>`;

export class Requests extends Entries {
  #find = "";

  constructor() {
    super(["request"], 500);
  }

  open(place, filters) {
    this.#find = filters.get("find") ?? "";
  }

  #typed({ target: { value } }) {
    this.#find = value;
    history.replaceState(null, "", hashOf("requests", { find: value }));
    this.draw();
  }

  template() {
    const all = this.entries ?? [];
    const wanted = this.#find.trim().toLowerCase();
    const found = all.filter((entry) => textOf(entry).includes(wanted));
    const refused = found.filter(isRefused);
    const shown = [...refused, ...found.filter((entry) => !isRefused(entry))];
    return html`<h2>${words("requests")}</h2><p>${words("requests_why")}</p>
      <form class="filters" role="search" @submit=${(event) => event.preventDefault()}>
        <label>${words("find")}<input name="find" size="24" autocomplete="off"
          .value=${this.#find} @input=${(event) => this.#typed(event)}></label></form>
      <p class="count" role="status">${words("refused_of", { refused: refused.length, total: found.length })}</p>
      ${this.table(words("requests"), "requests", HEADS, shown, row, words(all.length ? "nothing_fits" : "no_requests"))}`;
  }
}
