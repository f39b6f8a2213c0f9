// A request that is tried without being sent: what would become of it, in words.

import { call, get } from "./control.js";
import { html, nothing, quoted, shortId } from "./html.js";
import { span } from "./times.js";
import { decision } from "./transaction.js";
import { words } from "./words.js";

// Each with the name of its party.
const OPERATIONS = { requesttopay: "payer", requesttowithdraw: "payer", transfer: "payee", deposit: "payee" };
const ANY_ID = "0ca3a1e0-0000-4000-8000-000000000000";

function callback({ fate, delay_ms: delay, times }) {
  if (fate !== "sent") return words("trial_lost");
  return words(delay < 0 ? "trial_early" : "trial_callback", { after: span(Math.abs(delay)), count: times });
}

function told({ submit, queries, plan }) {
  const stage = ({ status, reason, after_ms: after }) => words(after ? "trial_later" : "trial_first", { status: `${status} ${reason ?? ""}`, after: span(after) });
  const facts = [
    ["POST", quoted(submit)], [words("status"), plan.stages.map(stage).join(", ")], ["GET", quoted(queries.join(", "))],
    [words("callback"), callback(plan.callback)], [words("decided_by"), [decision(plan.decided_by), " ", quoted(plan.decided_by.why ?? "")]],
  ];
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export class Trial {
  #answer = nothing;
  #draw;

  constructor(draw) {
    this.#draw = draw;
  }

  async #ask(event, user) {
    event.preventDefault();
    const { operation, party, amount } = Object.fromEntries(new FormData(event.target));
    try {
      const { currency } = await get("health");
      const body = { amount, currency, externalId: "trial", [OPERATIONS[operation]]: { partyIdType: "MSISDN", partyId: party } };
      const request = { operation, reference_id: ANY_ID, body, callback_url: "http://localhost/", occurrences: 2 };
      this.#answer = told((await call("POST", `spaces/${user}/plan`, request)).occurrences[0]);
    } catch (error) {
      this.#answer = html`<p class="wrong">${error.message}</p>`;
    }
    this.#draw();
  }

  // For the API user that is chosen, or the first one there is.
  template(spaces, chosen, isDraft) {
    const user = chosen || spaces[0]?.api_user;
    if (!user) return html`<h3>${words("trial")}</h3><p>${words("trial_nobody")}</p>`;
    return html`<h3>${words("trial")}</h3>
      <p class="why">${words("trial_why", { user: shortId(user) })} ${isDraft ? html`<strong id="trial-draft">${words("trial_draft")}</strong>` : nothing}</p>
      <form class="filters" id="trial" @submit=${(event) => this.#ask(event, user)}>
        <label>${words("operation")}<select name="operation">${Object.keys(OPERATIONS).map((each) => html`<option>${each}</option>`)}</select></label>
        <label>${words("party")}<input name="party" size="14" value="46733123999" autocomplete="off"></label>
        <label>${words("amount")}<input name="amount" size="8" value="100" autocomplete="off"></label>
        <button class="quiet">${words("trial_ask")}</button></form>
      <div id="trial-answer" role="status">${this.#answer}</div>`;
  }
}
