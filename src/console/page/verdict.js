// The verdict of the audit, beside its name in the navigation.

import { get } from "./control.js";
import { html, nothing } from "./html.js";
import { View } from "./view.js";
import { words } from "./words.js";

export class Verdict extends View {
  #verdict = "";
  #failed = 0;

  load(signal) {
    return get("verdict", signal);
  }

  take({ verdict, failed }) {
    this.#verdict = verdict;
    this.#failed = failed.length;
  }

  // What another view has asked for already.
  show({ verdict, rules }) {
    this.take({ verdict, failed: rules.filter((rule) => rule.verdict === "fail") });
    this.draw();
  }

  template() {
    const sign = { fail: this.#failed, incomplete: "?", pass: "✓" }[this.#verdict];
    this.node.dataset.verdict = this.#verdict;
    if (!sign) return nothing;
    return html`<span aria-hidden="true">${sign}</span><span class="unseen">${words(`verdict_${this.#verdict}`, { count: this.#failed })}</span>`;
  }
}
