// The banner above all views: the scenarios that are in force for a time, each with a button that
// ends it.

import { call, get, spacePath } from "./control.js";
import { html, shortId } from "./html.js";
import { attempt, say } from "./say.js";
import { tellAll } from "./tabs.js";
import { now, told } from "./times.js";
import { View } from "./view.js";
import { words } from "./words.js";

export const namesOf = (scenarios) => scenarios.map((each) => each.name).join(", ") || words("none");

// Ends what is in force for a time, and what was there before comes back.
async function end(user) {
  const { scenarios } = await call("DELETE", `${spacePath(user)}scenario?temporary=true`);
  say(words("applied", { name: namesOf(scenarios) }));
  tellAll("scenario");
}

export class Banner extends View {
  #faults = [];

  constructor(node) {
    super(node);
    // By then they are over.
    setInterval(() => this.#faults.some(({ until }) => until && Date.parse(until) <= now()) && this.refresh(), 1000);
  }

  happened(entries) {
    return entries.some((entry) => entry.event === "rules_put");
  }

  load(signal) {
    return get("scenario", signal);
  }

  take({ scenarios, temporary, until, spaces }) {
    const ofAll = { name: namesOf(scenarios), temporary, until, api_user: null };
    this.#faults = [ofAll, ...spaces].filter((each) => each.temporary);
  }

  template() {
    return this.#faults.map(({ name, until, api_user: user }) => html`<p>
      <strong>${words("fault_in_force", { name, who: user ? shortId(user) : words("any_space") })}</strong>
      ${until ? words("until", { time: told(until, 8) }) : words("fault_open")}
      <button type="button" class="quiet" @click=${attempt(() => end(user))}>${words("fault_end")}</button></p>`);
  }
}
