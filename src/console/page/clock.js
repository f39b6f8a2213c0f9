// The emulator's clock: read, paused, moved.

import { call, get } from "./control.js";
import { element, say } from "./element.js";
import { words } from "./words.js";

export class Clock {
  #at = 0;
  #read = 0;
  #factor = 0;

  constructor(node) {
    this.now = element("output", { class: "now", "aria-label": words("clock") });
    this.mode = element("span", { class: "mode" });
    this.toggle = this.#button("pause", () => this.#steer(this.isRunning ? "pause" : "run"));
    this.by = element("input", { size: "5", value: "5m", "aria-label": words("advance_by"), id: "advance-by" });
    node.append(this.now, this.mode, this.toggle, this.by,
      this.#button("advance", () => this.#advance({ by: this.by.value.trim() })),
      this.#button("next", () => this.#advance({ to_next_event: true })));
    setInterval(() => this.#show(), 250);
  }

  #button(name, act) {
    const acted = async () => {
      try {
        await act();
      } catch (error) {
        say(error.message);
      }
    };
    return element("button", { type: "button", class: "quiet", id: `clock-${name}`, onclick: acted }, words(name));
  }

  async #steer(what) {
    this.#take(await call("POST", `clock/${what}`));
  }

  async #advance(how) {
    const { count } = await call("POST", "clock/advance", how);
    say(words("happened", { count }));
    await this.refresh();
  }

  #take({ now, mode, running }) {
    this.#at = Date.parse(now);
    this.#read = performance.now();
    this.isRunning = running;
    this.#factor = running ? Number(mode.match(/^x(\d+)$/)?.[1] ?? 1) : 0;
    this.mode.textContent = running ? mode : words("standing");
    this.toggle.textContent = words(running ? "pause" : "run");
    this.#show();
  }

  #show() {
    if (this.#read === 0) return;
    const now = new Date(this.#at + (performance.now() - this.#read) * this.#factor);
    this.now.textContent = now.toISOString().slice(0, 19).replace("T", " ");
  }

  async refresh() {
    this.#take(await get("clock"));
  }
}
