// What an empty page says: how to point a program here.

import { copyable, html, nothing } from "./html.js";
import { words } from "./words.js";

const USER = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857";
const KEY = "Ocp-Apim-Subscription-Key: any-key";

const provision = (base) => `U=${USER}
curl -s ${base}/v1_0/apiuser -H '${KEY}' -H "X-Reference-Id: $U" -d '{"providerCallbackHost":"localhost"}'
K=$(curl -s ${base}/v1_0/apiuser/$U/apikey -H '${KEY}' -d '' | cut -d'"' -f4)`;

const pay = (base) => `T=$(curl -s ${base}/collection/token/ -u $U:$K -H '${KEY}' -d '' | cut -d'"' -f4)
curl -s ${base}/collection/v1_0/requesttopay -H '${KEY}' -H "Authorization: Bearer $T" \\
  -H 'X-Target-Environment: sandbox' -H "X-Reference-Id: $(cat /proc/sys/kernel/random/uuid || uuidgen)" \\
  -d '{"amount":"12.50","currency":"EUR","externalId":"order-1","payer":{"partyIdType":"MSISDN","partyId":"46733123999"}}'`;

function refusals(refused) {
  if (!refused.length) return nothing;
  const { request } = refused.at(-1);
  return html`<section class="card fault" id="only-refused" role="status">
    <h2>${words("only_refused", { count: refused.length })}</h2>
    <p><code>${request.method} ${request.path}</code> ${request.status}: ${request.why ?? ""}</p>
    <p><a href="#requests">${words("requests")}</a></p></section>`;
}

export function start(spaces, refused) {
  const base = location.origin;
  const user = (space) => html`<li><code>${space.api_user}</code> → ${space.provider_callback_host}</li>`;
  return html`${refusals(refused)}<div class="start card" id="start">
    <h2>${words("start_title")}</h2>
    <ol>
      <li>${words("start_1")}${copyable(base)}</li>
      <li>${words("start_2")}${copyable(provision(base))}</li>
      <li>${words("start_3")}${copyable(pay(base))}</li>
    </ol>
    <p>${words("start_why")}</p>
    ${spaces.length ? html`<h3>${words("api_users_there")}</h3><ul>${spaces.map(user)}</ul>` : nothing}
  </div>`;
}
