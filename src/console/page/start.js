// What an empty page says: how to point a program here.

import { namesOf } from "./banner.js";
import { copyable, html, nothing } from "./html.js";
import { words } from "./words.js";

// What to do about a refusal, by its name in the journal.
const REMEDIES = {
  key: /^subscription_key/, token: /token|login|client|credentials/, host: /^callback_host/,
  path: /not_found|no_such_path/, twice: /^duplicate/,
};

const remedyOf = (refusal) => Object.keys(REMEDIES).find((name) => REMEDIES[name].test(refusal)) ?? "other";

function refusals(refused) {
  if (!refused.length) return nothing;
  const { request } = refused.at(-1);
  return html`<section class="card fault" id="only-refused" role="status">
    <h2>${words("only_refused", { count: refused.length })}</h2>
    <p><code>${request.method} ${request.path}</code> ${request.status}: ${request.why ?? ""}</p>
    <p>${words(`remedy_${remedyOf(request.refusal ?? "")}`)}</p>
    <p><a href="#requests">${words("see_refused")}</a></p></section>`;
}

export function start({ spaces, refused, inForce, test, snippets }) {
  const user = (space) => html`<li><code>${space.api_user}</code> → ${space.provider_callback_host}</li>`;
  return html`${refusals(refused)}${test.node}<div class="start card" id="start">
    <h2>${words("start_title")}</h2>
    <ol>
      <li>${words("start_1")}${copyable(location.origin)}</li>
      <li>${words("start_2")}${snippets.node}</li>
    </ol>
    <p>${words("start_why")}</p>
    <p id="start-scenario">${inForce.length ? words("in_force_now", { names: namesOf(inForce) }) : words("nothing_in_force")}
      <a href="#scenario">${words("scenario")}</a></p>
    ${spaces.length ? html`<h3>${words("api_users_there")}</h3><ul>${spaces.map(user)}</ul>` : nothing}
  </div>`;
}
