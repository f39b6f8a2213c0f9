// The scenarios that ship, as cards: each is put in force by one click, for all or for one API user,
// for a time.

import { call } from "./control.js";
import { badge, html, nothing } from "./html.js";
import { attempt, say } from "./say.js";
import { tellAll } from "./tabs.js";
import { words } from "./words.js";

const TIMES = ["until_ended", "1m", "10m", "60m"];

export class Faults {
  #wanted = "";
  #time = "10m";
  #draw;

  constructor(draw) {
    this.#draw = draw;
  }

  async #put(name, path) {
    await call("PUT", `${path}?for=${this.#time}`, { shipped: [name] });
    say(words("applied", { name }));
    tellAll("scenario");
  }

  #card({ name, kind }, path) {
    return html`<li class="card"><h4 lang="en">${name}</h4>${kind ? badge("kind", words(`kind_${kind}`)) : nothing}
      <p>${words(`does_${name}`)}</p>
      <button type="button" class="quiet" aria-label=${words("put_named", { name })} @click=${attempt(() => this.#put(name, path))}>${words("put")}</button></li>`;
  }

  template(shipped, path) {
    const isWanted = ({ name, kind }) => {
      const text = `${name} ${kind ? words(`kind_${kind}`) : ""} ${words(`does_${name}`)}`.toLowerCase();
      return this.#wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
    };
    const found = shipped.filter(isWanted);
    const times = TIMES.map((time) => html`<option value=${time} .selected=${time === this.#time}>${words(`for_${time}`)}</option>`);
    return html`<h3>${words("faults")}</h3><p class="why">${words("faults_why")}</p>
      <div class="filters">
        <label>${words("find_fault")}<input id="find-fault" size="22" autocomplete="off" .value=${this.#wanted}
          @input=${(event) => { this.#wanted = event.target.value.trim(); this.#draw(); }}></label>
        <label>${words("how_long")}<select id="how-long" @change=${(event) => { this.#time = event.target.value; }}>${times}</select></label></div>
      <ul class="faults" id="faults" tabindex="0" aria-label=${words("faults")}>${found.map((each) => this.#card(each, path))}</ul>
      ${found.length ? nothing : html`<p role="status">${words("nothing_fits")}</p>`}`;
  }
}
