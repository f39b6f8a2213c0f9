// The callbacks of all payments, as they went out, were answered, or were lost.

import { Entries } from "./entries.js";
import { answerIn, badge, byHand, foldButton, html, linkTo, nothing, options, quoted, shortId, spaceChoice, time, verdictBadge } from "./html.js";
import { words } from "./words.js";

const EVENTS = ["callback_sent", "callback_lost", "callback_finished"];
const HEADS = ["event", "when", "reference", "space", "detail"];
const VERDICTS = ["delivered", "duplicate", "late", "early", "answered_4xx", "answered_5xx", "redirected",
  "broken_off", "timed_out", "refused", "lost", "malformed", "contradicts_status", "forged"];

// The verdicts with their words, to choose among.
export const verdicts = () => VERDICTS.map((each) => [each, words(`is_${each}`)]);

export class Callbacks extends Entries {
  constructor() {
    super("callbacks", EVENTS, 100, ["verdict", "space"]);
  }

  get asked() {
    const { verdict, space } = this.filter;
    return { callback_verdict: verdict, api_user: space };
  }

  passes({ api_user: user, callback_verdicts: verdicts = [] }) {
    const { verdict, space } = this.filter;
    return (!verdict || verdicts.includes(verdict)) && (!space || user === space);
  }

  #sign(entry) {
    const { callback_verdict: verdict } = entry;
    if (!verdict) return badge("callback-sent", words("callback_is_sent"));
    const sign = verdictBadge(verdict, answerIn(entry));
    return entry.event === "callback_finished" ? html`<a href=${this.linkOf(entry)}>${sign}</a>` : sign;
  }

  #row(entry) {
    // The sign has the status already.
    const isTold = entry.detail === `answered ${answerIn(entry)}`;
    return html`<tr>
      <td>${this.#sign(entry)} ${byHand(entry)}</td>
      <td>${time(entry.at)}</td>
      <td><a href=${linkTo(entry)} class="id">${shortId(entry.reference_id)}</a></td>
      <td>${shortId(entry.api_user)}</td>
      <td class="detail">${isTold ? nothing : quoted(entry.detail ?? "")}</td></tr>`;
  }

  list(found) {
    const { verdict, space } = this.filter;
    return html`${this.filtersForm(html`
      <label>${words("verdict")}<select name="verdict">${options(verdicts(), verdict, words("any_verdict"))}</select></label>
      ${foldButton(space ? 1 : 0)}
      <label class="folds">${words("space")}<select name="space">${spaceChoice(this.spaces, space)}</select></label>`)}
      ${this.table(HEADS, found, (entry) => this.#row(entry), "no_callbacks")}`;
  }
}
