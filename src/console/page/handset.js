// The payers' telephone: an inbox of what waits for a payer, and what one of them sees of it. Any can
// be picked, skipped, approved with a PIN or by dialling a code, or end otherwise.

import { get } from "./control.js";
import { amountOf, fault, html, keyOf, nothing, repeat, time } from "./html.js";
import { act, answered, buttons, outcomes, pathOf } from "./payer.js";
import { say } from "./say.js";
import { View } from "./view.js";
import { words } from "./words.js";

const EVENTS = ["accepted", "status_reached", "reset"];
const SHOWN = 200;
// What a payer in Côte d'Ivoire dials to approve (docs/markets.md).
const CODE = "*133#";
const PATTERN = "\\*133#";

const payerOf = (line) => line.party ?? words("unknown");

export class Handset extends View {
  #lines = [];
  #total = 0;
  #spaces = new Map();
  // What is on the screen, and the message of its request.
  #line = null;
  #message = null;
  // Whether it was settled elsewhere while it was being answered.
  #isSettled = false;
  #isDialled = false;

  constructor(node, count) {
    super(node);
    this.count = count;
    this.draw();
  }

  happened(entries) {
    return entries.some((entry) => EVENTS.includes(entry.event));
  }

  async load(signal) {
    const list = await get(`transactions?awaiting=payer&limit=${SHOWN}`, signal);
    if (list.transactions.some((line) => !this.#spaces.has(line.api_user))) {
      const { spaces } = await get("spaces", signal);
      this.#spaces = new Map(spaces.map((space) => [space.api_user, space]));
    }
    return list;
  }

  take({ transactions, total }) {
    this.#lines = transactions;
    this.#total = total;
    this.count.textContent = total || "";
    if (this.#place >= 0) this.#isSettled = false;
    // What is half typed is not taken away: it is told that it is too late for it.
    else if (this.#line && this.#isTouched) this.#isSettled = true;
    else this.#show();
  }

  // Where the line on the screen is among those that wait.
  get #place() {
    return this.#lines.findIndex((line) => this.#line && keyOf(line) === keyOf(this.#line));
  }

  get #after() {
    return this.#lines[this.#place + 1] ?? this.#lines[0];
  }

  get #entry() {
    return this.node.querySelector("#pin, #dial");
  }

  get #isTouched() {
    const prompt = this.node.querySelector(".prompt");
    return prompt?.contains(document.activeElement) || this.#entry?.value;
  }

  // Puts a line on the screen, and its message as soon as it is known.
  async #show(line = this.#lines[0]) {
    this.#line = line;
    this.#message = null;
    this.#isSettled = false;
    if (!line) return;
    // One that is forgotten meanwhile is told by the next refresh.
    const found = await get(pathOf(line)).catch(() => null);
    if (line !== this.#line) return;
    this.#message = found?.status_body.payerMessage;
    this.draw();
  }

  // The screen changes under the keyboard: it goes on with what is there then.
  #turn(line, isInside = this.node.contains(document.activeElement)) {
    this.#show(line);
    this.draw();
    if (isInside) (this.#entry ?? this.node.querySelector(".idle"))?.focus();
  }

  async #answer(name) {
    const [line, next] = [this.#line, this.#after];
    const isInside = this.node.contains(document.activeElement);
    await answered(line, name);
    this.#line = next;
    await this.refresh();
    this.#turn(this.#lines[this.#place], isInside);
  }

  async #approveAll() {
    let count = 0;
    for (const line of this.#lines) {
      // One that was settled meanwhile is no reason to leave out the others.
      await act(line, "approve").then(() => { count += 1; }, () => {});
    }
    say(words("approved", { count }));
    this.#line = null;
    await this.refresh();
    this.node.querySelector(".idle, .waiting button")?.focus();
  }

  #submitted(event) {
    event.preventDefault();
    if (!this.#isSettled) this.#answer("approve");
  }

  #asks(line) {
    const { label, provider_callback_host: host } = this.#spaces.get(line.api_user) ?? {};
    return words(`asks_${line.operation}`, { who: label ?? host });
  }

  // The field of the way to approve: a PIN, of which any is right, or the one code.
  #field() {
    const isDialled = this.#isDialled;
    const [id, type, why] = isDialled ? ["dial", "tel", words("dial_why", { code: CODE })] : ["pin", "password", words("pin_why")];
    return html`<label for=${id}>${words(id)}</label>
      <input id=${id} type=${type} inputmode="tel" autocomplete="off" title=${why} aria-describedby="entry-why" ?required=${isDialled} pattern=${isDialled ? PATTERN : nothing}>
      <small id="entry-why">${why}</small>`;
  }

  #prompt() {
    const line = this.#line;
    const isOff = this.#isSettled;
    const answer = (name) => this.#answer(name);
    const turnWay = () => {
      this.#isDialled = !this.#isDialled;
      this.#turn(line);
    };
    return html`<form class="prompt" @submit=${(event) => this.#submitted(event)}>
        <p class="from">${words("to_payer", { payer: payerOf(line) })}</p>
        <p class="ring" role="status">${this.#asks(line)}</p>
        <p class="what"><strong>${amountOf(line)}</strong></p>
        ${this.#message ? html`<p class="message">${this.#message}</p>` : nothing}
        <p><small>${line.external_id ?? ""}</small></p>
        ${this.#field()}
        <button type="submit" id="approve" ?disabled=${isOff}>${words(this.#isDialled ? "dial_it" : "approve")}</button>
        <div class="acts">${buttons(["decline", "expire"], answer, isOff)}</div>
        ${outcomes(answer, isOff)}
        <button type="button" class="link" id="way" ?disabled=${isOff} @click=${turnWay}>${words(this.#isDialled ? "way_pin" : "way_dial", { code: CODE })}</button>
        ${isOff ? html`<p class="wrong" id="too-late" role="alert">${words("too_late")}</p>
          <button type="button" id="go-on" @click=${() => this.#turn()}>${words("go_on")}</button>` : nothing}
      </form>`;
  }

  #item(line) {
    return html`<li><button type="button" class="quiet" data-reference=${line.reference_id} aria-current=${line === this.#lines[this.#place]}
      @click=${() => this.#turn(line)}><strong>${amountOf(line)}</strong> <span>${this.#asks(line)}</span>
      <small>${line.external_id ?? ""}</small> ${time(line.accepted_at)}</button></li>`;
  }

  // What waits, by payer.
  #inbox() {
    const payers = Map.groupBy(this.#lines, payerOf);
    return html`<section class="inbox" aria-labelledby="inbox-title"><h2 id="inbox-title">${words("inbox", { count: this.#total })}</h2>
      ${this.#total ? html`<button type="button" class="quiet" id="approve-all" @click=${() => this.#approveAll()}>${words("approve_all", { count: this.#lines.length })}</button>` : html`<p>${words("inbox_why")}</p>`}
      ${[...payers].map(([payer, lines]) => html`<h3>${payer}</h3><ul class="waiting">${repeat(lines, keyOf, (line) => this.#item(line))}</ul>`)}
    </section>`;
  }

  template() {
    const more = this.#total - (this.#isSettled ? 0 : 1);
    const key = (line) => `${keyOf(line)}${this.#isDialled}`;
    return html`${document.body.dataset.view === "handset" ? this.#inbox() : nothing}<div class="held"><div class="phone">
        <div class="speaker" aria-hidden="true"></div>
        <div class="screen ${this.#line ? "rings" : ""}">
          ${this.#line ? repeat([this.#line], key, () => this.#prompt()) : html`<p class="idle" tabindex="-1">${words("nobody")}</p>`}
        </div></div>
      ${fault(this.fault)}
      ${this.#line && more > 0 ? html`<p class="more"><a href="#handset">${words("more", { count: more })}</a>
        <button type="button" class="link" id="skip-it" @click=${() => this.#turn(this.#after)}>${words("skip_it")}</button></p>` : nothing}</div>`;
  }
}
