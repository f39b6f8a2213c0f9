// The payers' telephone: an inbox of what waits for a payer, and what one of them sees of it. Any can
// be picked, skipped, approved with a PIN or by dialling a code, or end otherwise.

import { get } from "./control.js";
import { amountOf, fault, html, keyOf, nothing, repeat, time } from "./html.js";
import { act, outcomes } from "./payer.js";
import { attempt, say } from "./say.js";
import { View } from "./view.js";
import { words } from "./words.js";

const EVENTS = ["accepted", "status_reached", "reset"];
const SHOWN = 200;
// What a payer in Côte d'Ivoire dials to approve (docs/markets.md).
const CODE = "*133#";

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
  #isWrong = false;

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
    const isNew = list.transactions.some((line) => !this.#spaces.has(line.api_user));
    if (isNew) {
      const { spaces } = await get("spaces", signal);
      this.#spaces = new Map(spaces.map((space) => [space.api_user, space]));
    }
    return list;
  }

  take({ transactions, total }) {
    this.#lines = transactions;
    this.#total = total;
    this.count.textContent = total > 0 ? `${total}` : "";
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
    return Boolean(prompt?.contains(document.activeElement) || this.#entry?.value);
  }

  // Puts a line on the screen, and its message as soon as it is known.
  async #show(line = this.#lines[0]) {
    this.#line = line;
    this.#message = null;
    this.#isSettled = false;
    this.#isWrong = false;
    if (!line) return;
    try {
      const { status_body: body } = await get(`spaces/${line.api_user}/transactions/${line.reference_id}`);
      if (line !== this.#line) return;
      this.#message = body.payerMessage ?? null;
      this.draw();
    } catch {
      // Settled or forgotten meanwhile; the next refresh tells.
    }
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
    await attempt(async () => {
      const { status } = await act(line, name);
      say(words("settled", { status }));
    })();
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
    if (this.#isSettled) return;
    this.#isWrong = this.#isDialled && this.#entry.value.trim() !== CODE;
    if (this.#isWrong) this.draw();
    else this.#answer("approve");
  }

  #asker(line) {
    const space = this.#spaces.get(line.api_user);
    return space?.label ?? space?.provider_callback_host ?? "";
  }

  #asks(line) {
    return words(`asks_${line.operation}`, { who: this.#asker(line) });
  }

  #way() {
    const code = { code: CODE };
    const why = html`<small id="entry-why">${this.#isDialled ? words("dial_why", code) : words("pin_why")}</small>`;
    return html`${this.#isDialled
      ? html`<label for="dial">${words("dial")}</label><input type="tel" required autocomplete="off" id="dial" aria-describedby="entry-why">`
      : html`<label for="pin">${words("pin")}</label><input type="password" inputmode="numeric" autocomplete="off" id="pin" aria-describedby="entry-why">`}${why}
      ${this.#isWrong ? html`<p class="wrong" role="alert">${words("dial_wrong", code)}</p>` : nothing}`;
  }

  #prompt() {
    const line = this.#line;
    const isOff = this.#isSettled;
    const button = (id, press) => html`<button type="button" class="quiet" id=${id} ?disabled=${isOff} @click=${press}>${words(id)}</button>`;
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
        ${this.#way()}
        <button type="submit" id="approve" ?disabled=${isOff}>${words(this.#isDialled ? "dial_it" : "approve")}</button>
        <div class="acts">${button("decline", () => this.#answer("decline"))}${button("expire", () => this.#answer("expire"))}</div>
        ${outcomes((name) => this.#answer(name), isOff)}
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
