// What a payer does with a payment that waits: for the handset, a payment's page and the list.

import { call } from "./control.js";
import { html, nothing } from "./html.js";
import { attempt, say } from "./say.js";
import { words } from "./words.js";

// Whether it is a payer who is at the other end, and no payee.
export const asksPayer = (line) => !/transfer|deposit|refund/.test(line.operation);

const ACTS = ["approve", "decline", "expire"];

// The reasons of further outcomes, as docs/control.md#outcomes-of-the-payer grades them.
const REASONS = {
  wrong_pin: "PAYMENT_NOT_APPROVED", phone_off: "EXPIRED", cancelled: "TRANSACTION_CANCELED", no_pin: "COULD_NOT_PERFORM_TRANSACTION",
};

// The call of the control plane that is about a line.
export const pathOf = (line) => `spaces/${line.api_user}/transactions/${line.reference_id}`;

// Lets the payer of a line act: one of `ACTS`, or an outcome of `REASONS`. Returns the payment.
export function act(line, name) {
  const reason = REASONS[name];
  return call("POST", `${pathOf(line)}/${reason ? "decline" : name}`, reason && { reason });
}

// The same, told to whoever looks on; so is a failure. `done` is called in between.
export const answered = attempt(async (line, name, done) => {
  const { status } = await act(line, name);
  say(words("settled", { status }));
  await done?.();
});

export const buttons = (names, answer, isOff) => names.map((name) =>
  html`<button type="button" class="quiet" data-act=${name} ?disabled=${isOff} @click=${() => answer(name)}>${words(name)}</button>`);

// Further outcomes, behind one control; `answer` gets the name of the one that is chosen.
export const outcomes = (answer, isOff) => html`<details class="outcomes"><summary>${words("outcomes")}</summary>
  <div class="acts">${buttons(Object.keys(REASONS), answer, isOff)}</div></details>`;

// Approve, decline and expire for a line that waits for its payer, and all further outcomes if that
// is asked for; nothing for another line. `done` is called once the payer has answered, to load the
// view anew.
export function payerButtons(line, done, hasMore = false) {
  if (line.awaiting !== "payer") return nothing;
  const answer = async (name) => {
    await answered(line, name, done);
    // The buttons are gone with what waited: the keyboard goes on in the view.
    if (document.activeElement === document.body) document.getElementById("main").focus();
  };
  return html`<span class="acts">${buttons(ACTS, answer)}</span>
    ${hasMore ? outcomes(answer) : nothing}`;
}
