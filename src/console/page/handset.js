// The payer's telephone: what waits for a payer rings, and is approved, declined or left to expire.

import { call, get } from "./control.js";
import { amountOf, fault, html, keyOf, nothing, repeat } from "./html.js";
import { attempt, say } from "./say.js";
import { View } from "./view.js";
import { words } from "./words.js";

const EVENTS = ["accepted", "status_reached", "reset"];

export class Handset extends View {
  #line = null;
  // The one that waits next, once the one on the screen is settled.
  #next = null;
  #total = 0;
  #isSettled = false;

  constructor(node, count) {
    super(node);
    this.count = count;
    this.draw();
  }

  happened(entries) {
    return entries.some((entry) => EVENTS.includes(entry.event));
  }

  load(signal) {
    return get("transactions?awaiting=payer&limit=1", signal);
  }

  take({ transactions: [first = null], total }) {
    this.#total = total;
    this.count.textContent = total > 0 ? `${total}` : "";
    this.#next = first;
    if (first && this.#line && keyOf(first) === keyOf(this.#line)) this.#isSettled = false;
    // What is half typed is not taken away: it is told that it is too late for it.
    else if (this.#line && this.#isTouched) this.#isSettled = true;
    else this.#show();
  }

  get #pin() {
    return this.node.querySelector("#pin");
  }

  get #isTouched() {
    const prompt = this.node.querySelector(".prompt");
    return Boolean(prompt?.contains(document.activeElement) || this.#pin?.value);
  }

  #show() {
    this.#line = this.#next;
    this.#isSettled = false;
  }

  // The screen changes under the keyboard: it goes on with what is there then.
  #turn() {
    const isInside = this.node.contains(document.activeElement);
    this.#show();
    this.draw();
    if (isInside) (this.#pin ?? this.node.querySelector(".idle"))?.focus();
  }

  async #act(act) {
    const line = this.#line;
    const isInside = this.node.contains(document.activeElement);
    await attempt(async () => {
      const { status } = await call("POST", `spaces/${line.api_user}/transactions/${line.reference_id}/${act}`);
      say(words("settled", { status }));
    })();
    this.#line = null;
    await this.refresh();
    if (isInside) (this.#pin ?? this.node.querySelector(".idle"))?.focus();
  }

  #prompt() {
    const line = this.#line;
    const button = (act) => html`<button type="button" class="quiet" id=${act} ?disabled=${this.#isSettled} @click=${() => this.#act(act)}>${words(act)}</button>`;
    const approve = (event) => {
      event.preventDefault();
      if (!this.#isSettled) this.#act("approve");
    };
    return html`<p class="ring" role="status">${words("ringing")}</p>
      <form class="prompt" @submit=${approve}>
        <p class="from">${line.party ?? ""}</p>
        <p class="what"><strong>${amountOf(line) || line.operation}</strong></p>
        <p>${line.operation} ${line.external_id ?? ""}</p>
        <label for="pin">${words("pin")}</label>
        <input type="password" inputmode="numeric" pattern="[0-9]{4,}" required autocomplete="off" id="pin" aria-describedby="pin-why">
        <small id="pin-why">${words("pin_why")}</small>
        <button type="submit" id="approve" ?disabled=${this.#isSettled}>${words("approve")}</button>
        ${button("decline")}${button("expire")}
        ${this.#isSettled ? html`<p class="wrong" id="too-late" role="alert">${words("too_late")}</p>
          <button type="button" id="go-on" @click=${() => this.#turn()}>${words("go_on")}</button>` : nothing}
      </form>`;
  }

  template() {
    const more = this.#total - (this.#isSettled ? 0 : 1);
    return html`<div class="phone">
        <div class="speaker" aria-hidden="true"></div>
        <div class="screen ${this.#line ? "rings" : ""}">
          ${this.#line ? repeat([this.#line], keyOf, () => this.#prompt()) : html`<p class="idle" tabindex="-1">${words("nobody")}</p>`}
        </div></div>
      ${fault(this.fault)}
      <p class="more">${this.#line && more > 0 ? words("more", { count: more }) : nothing}</p>`;
  }
}
