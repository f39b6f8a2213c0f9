// The control token: asked for once for all calls that miss it, kept as long as the tab is open.

import { html, nothing, render } from "./html.js";
import { words } from "./words.js";

const KEPT = "momo-sandbox-control-token";

let asking = null;
let isPutOff = false;
const told = new Set();

export const token = () => sessionStorage.getItem(KEPT) ?? "";

// `act` is called with each token that is entered.
export const whenUnlocked = (act) => told.add(act);

const dialog = () => document.getElementById("lock");
const sign = () => document.getElementById("unlock");

function template(isWrong, enter) {
  return html`<form method="dialog" @submit=${enter}>
    <h2 id="lock-title">${words("token")}</h2>
    <p>${words("token_why")}</p>
    ${isWrong ? html`<p id="lock-wrong" class="wrong" role="alert">${words("token_wrong")}</p>` : nothing}
    <input type="password" required autocomplete="off" aria-labelledby="lock-title" aria-describedby=${isWrong ? "lock-wrong" : nothing} aria-invalid=${isWrong}>
    <div class="buttons"><button>${words("go_on")}</button>
      <button type="button" class="quiet" @click=${() => dialog().close()}>${words("cancel")}</button></div>
  </form>`;
}

// Asks whoever looks at the page; false if they put it off.
export function askForToken() {
  if (isPutOff) return Promise.resolve(false);
  asking ??= new Promise((resolve) => {
    let entered = null;
    const enter = () => {
      entered = dialog().querySelector("input").value;
    };
    render(template(token() !== "", enter), dialog());
    dialog().querySelector("form").reset();
    dialog().showModal();
    dialog().addEventListener("close", () => {
      asking = null;
      isPutOff = entered === null;
      sign().hidden = !isPutOff;
      if (!isPutOff) sessionStorage.setItem(KEPT, entered);
      resolve(!isPutOff);
      for (const act of isPutOff ? [] : told) act(entered);
    }, { once: true });
  });
  return asking;
}

// Asks again after it was put off.
export function unlock() {
  isPutOff = false;
  sign().hidden = true;
  return askForToken();
}
