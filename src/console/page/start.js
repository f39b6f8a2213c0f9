// What an empty page says: how to point a program here.

import { namesOf } from "./banner.js";
import { copyable, html, nothing } from "./html.js";
import { refusalOf, remedyOf } from "./refusal.js";
import { words } from "./words.js";

function refusals(refused) {
  if (!refused.length) return nothing;
  const { request } = refused.at(-1);
  return html`<section class="card fault" id="only-refused" role="status">
    <h2>${words("only_refused", { count: refused.length })}</h2>
    <p><code>${request.method} ${request.path}</code> ${request.status}${words("colon")} ${refusalOf(request)}</p>
    <p>${remedyOf(request.refusal, words("remedy_other"))}</p>
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
