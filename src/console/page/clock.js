// The emulator's clock: read, paused, moved.

import { call, get } from "./control.js";
import { html } from "./html.js";
import { attempt, say } from "./say.js";
import { tellTabs } from "./tabs.js";
import { View } from "./view.js";
import { words } from "./words.js";

// How far an entry may be from what is shown until the clock is read anew.
const STRAY = 3000;

export class Clock extends View {
  #at = null;
  #read = 0;
  #factor = 0;
  #mode = "";
  #isRunning = false;
  #isConnected = false;

  constructor(node) {
    super(node);
    this.draw();
    setInterval(() => this.#factor && this.draw(), 250);
  }

  get #now() {
    return this.#at + (performance.now() - this.#read) * this.#factor;
  }

  // Somebody moved it: what happens bears another time than the one that is shown.
  happened(entries) {
    return Math.abs(Date.parse(entries.at(-1).at) - this.#now) > STRAY;
  }

  // Without a connection nobody knows what time it is there.
  connected(is) {
    this.#isConnected = is;
    if (!is) {
      this.#at = this.#now;
      this.#factor = 0;
    }
    this.draw();
  }

  load(signal) {
    return get("clock", signal);
  }

  take({ now, mode, running }) {
    this.#at = Date.parse(now);
    this.#read = performance.now();
    this.#isRunning = running;
    this.#mode = mode;
    this.#factor = running ? Number(mode.match(/^x(\d+)$/)?.[1] ?? 1) : 0;
  }

  async #steer() {
    this.take(await call("POST", `clock/${this.#isRunning ? "pause" : "run"}`));
    tellTabs("clock");
    this.draw();
  }

  async #advance(how) {
    const { count } = await call("POST", "clock/advance", how);
    say(words("happened", { count }));
    tellTabs("clock");
    await this.refresh();
  }

  #by() {
    return this.#advance({ by: this.node.querySelector("#advance-by").value.trim() });
  }

  template() {
    const now = this.#at === null ? "" : new Date(this.#now).toISOString().slice(0, 19).replace("T", " ");
    const running = this.#mode === "real" ? words("real_time") : this.#mode;
    const mode = this.#isRunning ? running : words("standing");
    const button = (name, label, act) => html`<button type="button" class="quiet" id=${`clock-${name}`} @click=${attempt(act)}>${words(label)}</button>`;
    return html`<output class="now" aria-label=${words("clock")} data-stale=${!this.#isConnected}>${now}</output>
      <span class="mode">${this.#isConnected ? mode : words("unknown")}</span>
      ${button("pause", this.#isRunning ? "pause" : "run", () => this.#steer())}
      <input size="5" value="5m" aria-label=${words("advance_by")} id="advance-by" @keydown=${(event) => event.key === "Enter" && attempt(() => this.#by())()}>
      ${button("advance", "advance", () => this.#by())}
      ${button("next", "next", () => this.#advance({ to_next_event: true }))}`;
  }
}
