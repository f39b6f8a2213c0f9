// The callbacks of all payments, as they went out, were answered, or were lost.

import { get } from "./control.js";
import { element, shortId, time } from "./element.js";
import { badge } from "./list.js";
import { words } from "./words.js";

const EVENTS = { callback_sent: "sent", callback_lost: "lost", callback_finished: "finished" };
const KEPT = 100;

function kindOf({ event, detail }) {
  if (event === "callback_finished") return detail?.startsWith("answered 2") ? "callback-answered" : "callback-failed";
  return `callback-${EVENTS[event]}`;
}

function row(entry) {
  const place = `#payment/${entry.reference_id}/${entry.api_user}`;
  return element("tr", {},
    element("td", {}, time(entry.at)),
    element("td", {}, element("a", { href: place, class: "id" }, shortId(entry.reference_id))),
    element("td", {}, badge(kindOf(entry), EVENTS[entry.event])),
    element("td", {}, entry.detail ?? ""));
}

export class Callbacks {
  #last = "";

  constructor() {
    this.rows = element("tbody");
    this.empty = element("p", { class: "card" }, words("no_callbacks"));
    const head = ["when", "reference", "event", "detail"].map((name) => element("th", { scope: "col" }, words(name)));
    this.table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words("callbacks") },
      element("table", { id: "callback-journal" }, element("thead", {}, element("tr", {}, ...head)), this.rows));
    this.node = element("section", {}, element("h2", {}, words("callbacks")), element("p", {}, words("callbacks_why")), this.empty, this.table);
  }

  async refresh() {
    const pages = await Promise.all(Object.keys(EVENTS).map((event) => get(`journal?event=${event}&tail=${KEPT}`)));
    const entries = pages.flatMap((page) => page.entries).sort((one, other) => other.number - one.number);
    this.empty.hidden = entries.length > 0;
    this.table.hidden = entries.length === 0;
    const text = entries.map((entry) => entry.number).join();
    if (text === this.#last) return;
    this.#last = text;
    this.rows.replaceChildren(...entries.map(row));
  }
}
