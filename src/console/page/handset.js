// The payer's telephone: what waits rings, and is approved, declined or left to expire.

import { call, get } from "./control.js";
import { element, say } from "./element.js";
import { amountOf } from "./list.js";
import { words } from "./words.js";

const ACTS = ["approve", "decline", "expire"];

export class Handset {
  #ringing = null;

  constructor(node, badge) {
    this.badge = badge;
    this.screen = element("div", { class: "screen" });
    this.more = element("p", { class: "more" });
    node.append(element("div", { class: "phone" },
      element("div", { class: "speaker", "aria-hidden": "true" }), this.screen), this.more);
    this.#rest();
  }

  async refresh() {
    const { transactions, total } = await get("transactions?status=PENDING&limit=1");
    this.badge.textContent = total > 0 ? `${total}` : "";
    this.more.textContent = total > 1 ? words("more", { count: total - 1 }) : "";
    const [first] = transactions;
    if (first?.reference_id === this.#ringing) return;
    this.#ringing = first?.reference_id ?? null;
    if (first) this.#ring(first);
    else this.#rest();
  }

  #rest() {
    this.screen.classList.remove("rings");
    this.screen.replaceChildren(element("p", { class: "idle" }, words("nobody")));
  }

  #ring(line) {
    const pin = element("input", {
      type: "password", inputmode: "numeric", pattern: "[0-9]{4,}", required: true, autocomplete: "off",
      id: "pin", "aria-describedby": "pin-why",
    });
    const form = element("form", { class: "prompt" },
      element("p", { class: "from" }, line.party ?? ""),
      element("p", { class: "what" }, element("strong", {}, amountOf(line) || line.operation)),
      element("p", {}, `${line.operation} ${line.external_id ?? ""}`),
      element("label", { for: "pin" }, words("pin")), pin,
      element("small", { id: "pin-why" }, words("pin_why")),
      element("button", { type: "submit", id: "approve" }, words("approve")),
      ...ACTS.slice(1).map((act) =>
        element("button", { type: "button", class: "quiet", id: act, onclick: () => this.#act(line, act) }, words(act))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#act(line, "approve");
    });
    this.screen.replaceChildren(element("p", { class: "ring", role: "status" }, words("ringing")), form);
    this.screen.classList.add("rings");
  }

  async #act(line, act) {
    try {
      const place = `spaces/${line.api_user}/transactions/${line.reference_id}/${act}`;
      const { status } = await call("POST", place);
      say(words("settled", { status }));
    } catch (error) {
      say(error.message);
    }
    this.#ringing = null;
    await this.refresh();
  }
}
