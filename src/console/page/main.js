// The page: which view is shown, and what is fetched anew when something happens.

import { Audit } from "./audit.js";
import { Banner } from "./banner.js";
import { Callbacks } from "./callbacks.js";
import { Clock } from "./clock.js";
import { follow } from "./follow.js";
import { Handset } from "./handset.js";
import { listenToKeys, showKeys } from "./keyboard.js";
import { List } from "./list.js";
import { unlock } from "./lock.js";
import { menu } from "./menu.js";
import { paced } from "./pace.js";
import { Requests } from "./requests.js";
import { confirmReset } from "./reset.js";
import { routeOf } from "./route.js";
import { hush } from "./say.js";
import { Scenario } from "./scenario.js";
import { whenTold } from "./tabs.js";
import { Transaction } from "./transaction.js";
import { Verdict } from "./verdict.js";
import { language, loadWords, sayAll, speak, words } from "./words.js";

// How often the clock is read where nothing tells that it was moved.
const CLOCK_READ = 5000;

await loadWords();
document.documentElement.lang = language;
sayAll(document);

const byId = (id) => document.getElementById(id);
const main = byId("main");
const clock = new Clock(byId("clock"));
const banner = new Banner(byId("banner"));
const handset = new Handset(byId("phone"), byId("ringing"));
const list = new List();
const audit = new Audit();
const verdict = new Verdict(byId("verdict"));
// Each keeps what is in it while another one is looked at.
const views = new Map([
  ["payments", list], ["payment", new Transaction()], ["handset", null],
  ["requests", new Requests()], ["callbacks", new Callbacks()], ["audit", audit], ["scenario", new Scenario()],
]);
const refreshes = new Map();
let view = null;

for (const shown of views.values()) {
  if (!shown) continue;
  refreshes.set(shown, paced(async () => shown === view && shown.refresh(), shown.pace));
  shown.drawn = putTitle;
}
// The audit of all, while it is shown, tells the verdict too.
const isTold = () => view === audit && audit.isOfAll;
refreshes.set(verdict, paced(async () => isTold() || verdict.refresh(), audit.pace));
audit.told = (report) => verdict.show(report);
handset.drawn = () => {
  byId("menu").dataset.count = byId("ringing").textContent;
};
refreshes.set(banner, paced(() => banner.refresh()));
refreshes.set(handset, paced(() => handset.refresh()));
refreshes.set(clock, paced(() => clock.refresh(), { pause: 1000 }));

const refresh = (shown, count) => shown && refreshes.get(shown)(count);

function markPlace(name) {
  for (const link of document.querySelectorAll("#nav a")) {
    const here = link.dataset.view === (name === "payment" ? "payments" : name);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (link.dataset.view === "payments") link.setAttribute("href", list.hash);
  }
}

// The tab says what is in it.
function putTitle() {
  const { view: name } = routeOf(location.hash);
  document.title = `${view?.title ?? words(name === "payment" ? "payments" : name)} – momo-sandbox`;
}

function show() {
  const { view: name, place, filters } = routeOf(location.hash);
  view = views.get(name);
  view?.open(place, filters, list.hash);
  document.body.dataset.view = name;
  markPlace(name);
  main.replaceChildren(...(view ? [view.node] : []));
  byId("menu").textContent = document.querySelector("#nav [aria-current] [data-words], #nav [aria-current][data-words]").textContent;
  putTitle();
  view?.refresh();
  // Beside another view it is the phone alone.
  handset.draw();
}

function refreshAll() {
  for (const shown of [view, verdict, handset, clock, banner]) refresh(shown);
}

function skip(event) {
  // An address within the page is a view, so the link must not go there.
  event.preventDefault();
  (view ? main : byId("phone")).focus();
}

function showConnection(name, is) {
  const sign = byId("connection");
  sign.textContent = words(name);
  sign.dataset.connected = is;
}

// The filters that were typed since are in no address that was gone to.
byId("nav").addEventListener("click", () => markPlace(document.body.dataset.view));
byId("skip").addEventListener("click", skip);
byId("reset").addEventListener("click", () => confirmReset(refreshAll));
whenTold("reset", refreshAll);
whenTold("clock", () => clock.refresh());
whenTold("scenario", () => { refresh(banner); refresh(view); });
whenTold("zone", () => { for (const shown of [view, handset, clock, banner]) shown?.draw(); });
byId("unlock").addEventListener("click", async () => {
  if (await unlock()) refreshAll();
});
byId("keys").addEventListener("click", showKeys);
listenToKeys();
menu(byId("menu"));
byId("language").value = language;
byId("language").addEventListener("change", () => speak(byId("language").value));
addEventListener("resize", () => view?.draw());
addEventListener("hashchange", () => {
  hush();
  show();
  (view ? main : byId("phone")).focus();
});

show();
refresh(verdict);
refresh(handset);
refresh(clock);
refresh(banner);
setInterval(() => refresh(clock), CLOCK_READ);
follow({
  took({ entries }) {
    for (const shown of [view, verdict, handset, clock, banner]) {
      if (shown?.happened(entries)) refresh(shown, entries.length);
    }
  },
  restarted: refreshAll,
  locked: () => showConnection("locked_sign", false),
  connected({ is }) {
    showConnection(is ? "connected" : "disconnected", is);
    clock.connected(is);
    if (is) refreshAll();
  },
});
