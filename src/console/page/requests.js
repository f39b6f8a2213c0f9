// The requests of the emulated API: the refused ones first, each with why.

import { get, query } from "./control.js";
import { Entries } from "./entries.js";
import { answerBadge, foldButton, html, options, shortId, spaceChoice, time } from "./html.js";
import { nameOfRefusal, refusalOf } from "./refusal.js";
import { saveLink } from "./save.js";
import { words } from "./words.js";

const HEADS = ["request", "http_status", "when", "space", "why"];

export const isRefused = ({ request: { status, refusal } }) => Boolean(refusal) || status === 0 || status >= 400;

// What is looked through: what the row shows, and the whole ids.
const textOf = ({ api_user: user, reference_id: reference, request }) =>
  [user, reference, ...Object.values(request), request.refusal && nameOfRefusal(request.refusal)].filter((value) => value !== null).join(" ").toLowerCase();

// A recorded request as an entry of the journal.
const entryOf = ({ number, at, api_user, reference_id, ...request }) => ({ number, at, api_user, reference_id, request });

export class Requests extends Entries {
  // The recorded ones that have the text in a head or a body.
  #found = new Set();
  #operations = new Set();

  constructor() {
    super("requests", ["request"], 500, ["only", "status", "operation", "space", "find"]);
  }

  get asked() {
    const { status, operation, space } = this.filter;
    return { status: status.length === 3 ? status : "", operation, api_user: space };
  }

  #recorded(limit) {
    return query({ ...this.asked, refused: this.filter.only && true, q: this.filter.find.trim(), limit });
  }

  passes(entry) {
    const { only, status, operation, space, find } = this.filter;
    const { api_user: user, number, request } = entry;
    return (!only || isRefused(entry)) && `${request.status}`.startsWith(status) && (!operation || request.operation === operation)
      && (!space || (user ?? "none") === space) && (this.#found.has(number) || textOf(entry).includes(find.trim().toLowerCase()));
  }

  rank(entry) {
    return isRefused(entry) ? 1 : 0;
  }

  happened(entries) {
    // What the bodies have is looked up by the emulator.
    return super.happened(entries) || (this.filter.find !== "" && entries.some((entry) => entry.request));
  }

  async pages(signal) {
    const [[page], { requests }] = await Promise.all([super.pages(signal), get(`requests${this.#recorded(this.kept)}`, signal)]);
    this.#found = new Set(this.filter.find ? requests.map(({ number }) => number) : []);
    return [page, { entries: requests.map(entryOf) }];
  }

  #filters() {
    const { only, status, operation, space, find } = this.filter;
    for (const { request } of this.entries ?? []) if (request.operation) this.#operations.add(request.operation);
    return this.filtersForm(html`
      <label>${words("find")}<input name="find" size="18" autocomplete="off" title=${words("find_requests")} .value=${find}></label>
      ${foldButton([only, status, operation, space].filter(Boolean).length)}
      <label class="folds">${words("http_status")}<input name="status" size="4" maxlength="3" inputmode="numeric" autocomplete="off" .value=${status}></label>
      <label class="folds">${words("operation")}<select name="operation">${options([...new Set([...this.#operations, operation])].filter(Boolean).sort(), operation, words("any_operation"))}</select></label>
      <label class="folds">${words("space")}<select name="space">${spaceChoice(this.spaces, space)}
        <option value="none" .selected=${space === "none"}>${words("unknown_callers")}</option></select></label>
      <label class="check folds"><input type="checkbox" name="only" value="refused" .checked=${only !== ""}>${words("only_refused_ones")}</label>
      <span id="har" title=${words("har_why")}>${saveLink(`requests.har${this.#recorded(10000)}`, "momo-sandbox.har", words("har"))}</span>`);
  }

  #row({ number, at, api_user: user, request }) {
    const { method, path, operation } = request;
    return html`<tr>
      <td class="detail"><a href=${this.linkOf({ number })}><code>${method} ${path}</code></a> <small>${operation ?? ""}</small></td>
      <td>${answerBadge(request)}</td><td>${time(at)}</td><td>${user ? shortId(user) : "–"}</td>
      <td class="detail">${refusalOf(request)}</td></tr>`;
  }

  list(found) {
    return html`${this.#filters()}
      <p class="count" role="status">${words("refused_of", { refused: found.filter(isRefused).length, total: found.length })}</p>
      ${this.table(HEADS, found, (entry) => this.#row(entry), "no_requests")}`;
  }
}
