// Refusals of requests: what each is called, and what to do about it.

import { html, nothing, quoted } from "./html.js";
import { hasWords, words } from "./words.js";

export const nameOfRefusal = (refusal) => words(`refusal_${refusal}`);

// A refusal by its name in the journal, with the explanation of the request.
export const refusalOf = ({ refusal, why }) => html`${refusal
  ? html`<strong title=${refusal}>${nameOfRefusal(refusal)}</strong>${words("colon")} ` : nothing}${quoted(why ?? "")}`;

// What to do about it; where only the explanation says that, `other`.
export function remedyOf(refusal, other = null) {
  const name = `refusal_remedy_${refusal}`;
  return hasWords(name) ? words(name) : other;
}
