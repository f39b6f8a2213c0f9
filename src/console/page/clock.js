// The emulator's clock: read, paused, moved.

import { call, get } from "./control.js";
import { html, nothing, shortId } from "./html.js";
import { attempt, say } from "./say.js";
import { tellTabs } from "./tabs.js";
import { changeZone, dayAndTime, now, setClock, span, told, zone } from "./times.js";
import { View } from "./view.js";
import { words } from "./words.js";

// How far an entry may be from what is shown until the clock is read anew.
const STRAY = 3000;

const EVENTS = ["status_reached", "callback_sent", "callback_lost", "rules_put"];

const nameOf = (event) => words(EVENTS.includes(event) ? `event_${event}` : "event_other");

export class Clock extends View {
  #mode = "";
  #isRunning = false;
  #isConnected = false;
  #next = null;
  #ahead = [];
  #wrong = "";

  constructor(node) {
    super(node);
    this.draw();
    setInterval(() => this.#isConnected && this.#isRunning && this.draw(), 250);
  }

  // Somebody moved it: what happens bears another time than the one that is shown. Or what was to
  // happen next has happened.
  happened(entries) {
    return Math.abs(Date.parse(entries.at(-1).at) - now()) > STRAY || !this.#isDue;
  }

  // Without a connection nobody knows what time it is there.
  connected(is) {
    this.#isConnected = is;
    if (!is && now() !== null) setClock(now(), 0, this.#ahead);
    this.draw();
  }

  load(signal) {
    return get("clock", signal);
  }

  take({ now: at, mode, running, next, ahead }) {
    this.#isRunning = running;
    this.#mode = mode;
    this.#next = next;
    this.#ahead = ahead;
    setClock(Date.parse(at), running ? this.#speed : 0, ahead);
  }

  get #speed() {
    return Number(this.#mode.match(/^x(\d+)$/)?.[1] ?? 1);
  }

  get #isDue() {
    return this.#next !== null && Date.parse(this.#next.at) >= now();
  }

  async #steer() {
    this.take(await call("POST", `clock/${this.#isRunning ? "pause" : "run"}`));
    tellTabs("clock");
    this.draw();
  }

  async #advance(how) {
    this.#wrong = "";
    try {
      const { count, happened } = await call("POST", "clock/advance", how);
      const of = (event) => happened.filter((each) => each.event === event).length;
      const kinds = EVENTS.filter(of).map((event) => `${nameOf(event)} × ${of(event)}`);
      say([words("happened", { count }), ...kinds].join(" · "));
      tellTabs("clock");
    } catch (error) {
      this.#wrong = error.message;
    }
    await this.refresh();
  }

  #by(event) {
    event.preventDefault();
    const by = this.node.querySelector("#advance-by").value.trim();
    if (!/^(0+\D*)?$/.test(by)) return this.#advance({ by });
    this.#wrong = words("advance_zero");
    return this.draw();
  }

  #state() {
    if (!this.#isConnected) return words("unknown");
    if (!this.#isRunning) return words("standing");
    return this.#speed === 1 ? words("real_time") : words("speed", { factor: this.#speed });
  }

  #due() {
    if (!this.#isDue) return words("nothing_due");
    const { at, event, api_user: user, reference_id: id } = this.#next;
    const values = { event: nameOf(event), at: told(at, 8), left: span(Date.parse(at) - now()) };
    const what = html`<span title=${words("next_is_at", values)}>${words("next_is", values)}</span>`;
    return id ? html`<a href=${`#payment/${id}/${user}`}>${what}</a>` : what;
  }

  template() {
    const at = now();
    const button = (name, label, act) => html`<button type="button" class="quiet" id=${`clock-${name}`} @click=${attempt(act)}>${words(label)}</button>`;
    const users = this.#ahead.map((each) => `${shortId(each.api_user)} +${span(each.by_ms)}`).join(", ");
    return html`<div class="times"><div><output class="now" aria-label=${words("clock")} data-stale=${!this.#isConnected}>${at === null ? "" : dayAndTime(at).join(" ").slice(0, 19)}</output>
      <button type="button" class="zone" id="zone" title=${words("zone_why")} @click=${changeZone}>${zone()}</button></div>
        <div><span class="mode">${this.#state()}</span> <span class="due" id="clock-due">${this.#due()}</span></div></div>
      ${button("pause", this.#isRunning ? "pause" : "run", () => this.#steer())}
      <form @submit=${attempt((event) => this.#by(event))}>
        <input size="5" value="5m" aria-label=${words("advance_by")} id="advance-by" aria-describedby="clock-wrong" aria-invalid=${this.#wrong !== ""}>
        <button class="quiet" id="clock-advance">${words("advance")}</button></form>
      ${button("next", "next", () => this.#advance({ to_next_event: true }))}
      ${users ? html`<span class="ahead" id="clock-ahead" title=${users}>${words("ahead_count", { count: this.#ahead.length })}${words("colon")} ${users}</span>` : nothing}
      <span class="clock-wrong" id="clock-wrong" role="alert">${this.#wrong}</span>`;
  }
}
