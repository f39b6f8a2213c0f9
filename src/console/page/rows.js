// The rows of the list of payments.

import { aheadSign, amountOf, badge, byHand, callbackBadge, html, linkTo, nothing, shortId, time } from "./html.js";
import { words } from "./words.js";

// The heads of the columns, and what is theirs in the styles.
export const HEADS = { when: "", reference: "", operation: "", party: "", amount: "number", status: "", callback: "", queries: "number" };

// Operations that two products have.
const OF_TWO_PRODUCTS = ["transfer"];

function reads({ status, status_reads: count, callback_verdict: verdict }) {
  if (count > 0 || status !== "SUCCESSFUL") return count;
  const why = words("never_asked");
  return html`<span class="badge ${verdict === "delivered" ? "pending" : "failed"}" title=${why}>${count}<span class="unseen"> ${why}</span></span>`;
}

// `acts` are the buttons of a line that waits for its payer.
export const row = (line, acts) => html`<tr data-reference=${line.reference_id}>
  <td>${time(line.accepted_at)} ${aheadSign(line.api_user)}</td>
  <td><a href=${linkTo(line)} class="id">${shortId(line.reference_id)}</a></td>
  <td>${line.operation} ${OF_TWO_PRODUCTS.includes(line.operation) ? html`<small class="product">${line.product}</small>` : nothing}</td>
  <td>${line.party ?? ""}</td>
  <td class="number amount">${amountOf(line)}</td>
  <td class="state">${badge(line.status, line.status)} ${line.reason ? html`<small title=${line.reason}>${line.reason}</small>` : nothing} ${byHand(line)} ${acts}</td>
  <td class="fate">${callbackBadge(line)}</td>
  <td class="number reads" title=${words("queries")}>${reads(line)}</td>
</tr>`;
