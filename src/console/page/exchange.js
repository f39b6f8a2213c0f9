// What was recorded of a request or a callback: both heads and bodies, and the request as curl.

import { answerBadge, card, copyable, facts, html, indented, linkTo, nothing, quoted, shortId, time, verdictBadge } from "./html.js";
import { nameOfRefusal, remedyOf } from "./refusal.js";
import { words } from "./words.js";

function message({ line, headers, body, body_base64: base64, cut }) {
  const head = [line, ...headers.map(({ name, value }) => `${name}: ${value}`)].join("\n");
  const shown = indented(body ?? base64 ?? "");
  return html`<pre tabindex="0">${shown ? `${head}\n\n${shown}` : head}</pre>${cut ? html`<p>${words("cut_body")}</p>` : nothing}`;
}

// `entry` is that of the journal, and `record` what was recorded; either may be gone.
export function exchange({ entry, record, curl }, missing) {
  const { api_user: user, reference_id: reference, at } = entry ?? record;
  const { method, path, status, operation, refusal, why, broken } = record ?? entry.request ?? {};
  const verdicts = (entry?.callback_verdicts ?? []).map((verdict) => verdictBadge(verdict, status));
  const sign = verdicts.length ? verdicts : answerBadge({ status, broken });
  const told = (text) => text && quoted(text);
  const detail = entry?.detail;
  const known = [
    ["when", time(at)], ["duration", record?.took_ms && `${record.took_ms} ms`], ["operation", operation],
    ["space", user && html`<code>${user}</code>`],
    ["reference", reference && html`<a href=${linkTo({ reference_id: reference, api_user: user })} class="id">${shortId(reference)}</a>`],
    ["refusal", refusal && html`${nameOfRefusal(refusal)} <code>${refusal}</code>`], ["detail", told(detail)],
    ["why", !detail && told(why)], ["remedy", refusal && remedyOf(refusal)], ["broken", told(broken)],
  ];
  return html`<h2 class="title exchange"><code>${method ?? words("callback")} ${path}</code> ${sign}</h2>
    <section class="card">${facts(known)}</section>
    ${record ? html`<div class="cards">${card("request", message(record.request))}
      ${card("answer", record.answer ? message(record.answer) : html`<p>${words("no_answer")}</p>`)}</div>
      ${card("as_curl", copyable(curl))}` : html`<section class="card" id="not-recorded">${missing}</section>`}`;
}
