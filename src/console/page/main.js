// The page: which view is shown, and what is fetched anew when something happens.

import { Audit } from "./audit.js";
import { Callbacks } from "./callbacks.js";
import { Clock } from "./clock.js";
import { call, follow } from "./control.js";
import { element, say, throttled } from "./element.js";
import { Handset } from "./handset.js";
import { List } from "./list.js";
import { Scenario } from "./scenario.js";
import { Transaction } from "./transaction.js";
import { language, sayAll, speak, words } from "./words.js";

document.documentElement.lang = language;
sayAll(document);

const main = document.getElementById("main");
const clock = new Clock(document.getElementById("clock"));
const handset = new Handset(document.getElementById("phone"), document.getElementById("ringing"));
const list = new List();
const views = {
  payments: () => list,
  payment: (...place) => new Transaction(...place),
  handset: () => null,
  callbacks: () => new Callbacks(),
  audit: () => new Audit(),
  scenario: () => new Scenario(),
};
let view = null;

// `#payments`, or such as `#payment/REFERENCE/API-USER`.
function show() {
  const [wanted, ...place] = location.hash.slice(1).split("/");
  const name = wanted in views ? wanted : "payments";
  view = views[name](...place);
  document.body.dataset.view = name;
  for (const link of document.querySelectorAll("#nav a")) {
    const here = link.hash === `#${name}` || (name === "payment" && link.hash === "#payments");
    link.toggleAttribute("aria-current", here);
    if (here) link.setAttribute("aria-current", "page");
  }
  main.replaceChildren(...(view ? [view.node] : []));
  view?.refresh();
}

function attempt(act) {
  return async () => {
    try {
      await act();
    } catch (error) {
      say(error.message);
    }
  };
}

const refreshView = throttled(attempt(async () => view?.refresh()), 300);
const refreshPhone = throttled(attempt(() => handset.refresh()), 300);
const refreshClock = throttled(attempt(() => clock.refresh()), 500);

function refreshAll() {
  refreshView();
  refreshPhone();
  refreshClock();
}

function confirmReset() {
  const dialog = document.getElementById("dialog");
  const close = () => dialog.close();
  const yes = attempt(async () => {
    const { forgotten_transactions: count } = await call("POST", "reset");
    dialog.close();
    say(words("reset_done", { count }));
    refreshAll();
  });
  dialog.replaceChildren(
    element("h2", { id: "dialog-title" }, words("reset_title")),
    element("p", {}, words("reset_why")),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "quiet", onclick: close }, words("cancel")),
      element("button", { type: "button", class: "danger", id: "reset-yes", onclick: yes }, words("reset_yes"))),
  );
  dialog.showModal();
}

document.getElementById("reset").addEventListener("click", confirmReset);
const languages = document.getElementById("language");
languages.value = language;
languages.addEventListener("change", () => speak(languages.value));
addEventListener("hashchange", () => {
  show();
  main.focus();
});

show();
refreshAll();
follow({
  took: refreshAll,
  restarted: refreshAll,
  connected(is) {
    const sign = document.getElementById("connection");
    sign.textContent = words(is ? "connected" : "disconnected");
    sign.dataset.connected = is;
    if (is) refreshAll();
  },
});
