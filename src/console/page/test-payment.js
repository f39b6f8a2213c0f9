// A test payment: the calls that a merchant's program makes, made by this page, and the callback
// taken by the listener of the console.

import { call, get } from "./control.js";
import { badge, html, isFinal, nothing } from "./html.js";
import { View } from "./view.js";
import { words } from "./words.js";

// MTN's test numbers, each named by its last three digits, and an ordinary one.
const NUMBERS = ["999", "450", "451", "452", "453", "454", "455", "456", "457", "463"];
const DIGITS = "46733123";
const PATIENCE = 8000;
const PAY = "/collection/v1_0/requesttopay";

// A call of the emulated API, as a program makes it. No dialog of the browser may ask for a password.
async function ask(method, path, headers, body) {
  const answer = await fetch(path, { method, headers, body, credentials: "omit" });
  const text = await answer.text();
  const told = `${method} ${path} → ${answer.status}`;
  if (!answer.ok) throw new Error(`${told} ${text}`);
  return { told, ...(text && JSON.parse(text)) };
}

export class TestPayment extends View {
  // Of each step its name, how it went, and what was seen.
  #steps = [];
  #link = "";
  #isBusy = false;
  #changed;

  // `changed` is called once there are steps, and once they are put away.
  constructor(changed) {
    super();
    this.node.id = "test-payment";
    this.node.className = "card";
    this.#changed = changed;
    this.draw();
  }

  get isBegun() {
    return this.#steps.length > 0;
  }

  #step(at, name, state, detail) {
    this.#steps[at] = [name, state, detail];
    this.draw();
  }

  #begin(isBusy) {
    [this.#steps, this.#link, this.#isBusy] = [[], "", isBusy];
    this.draw();
    this.#changed();
  }

  async #send(event) {
    event.preventDefault();
    this.#begin(true);
    try {
      await this.#walk(this.node.querySelector("select").value);
    } catch (error) {
      this.#step(this.#steps.length, "step_failed", "failed", error.message);
    }
    this.#isBusy = false;
    this.draw();
  }

  async #walk(number) {
    const { url } = await get("listener");
    const host = url ? new URL(url).hostname : "localhost";
    const { api_user: user, user_id: id = user, api_key: key, environment } = await call("POST", "spaces", { provider_callback_host: host });
    await call("PUT", `spaces/${user}/label`, { label: words("test_payment"), excluded: true });
    this.#step(0, "step_user", "done", `${id} → ${host}`);

    const headers = {
      "Ocp-Apim-Subscription-Key": environment.MOMO_SANDBOX_PRIMARY_KEY || "any-key",
      "X-Target-Environment": environment.MOMO_SANDBOX_ENVIRONMENT, Authorization: `Basic ${btoa(`${id}:${key}`)}`,
    };
    const token = await ask("POST", "/collection/token/", headers);
    this.#step(1, "step_token", "done", token.told);
    headers.Authorization = `Bearer ${token.access_token}`;

    // `crypto.randomUUID` is there only on loopback and over https; the address of a blob has a UUID.
    const reference = URL.createObjectURL(new Blob([])).slice(-36);
    const { told } = await ask("POST", PAY, { ...headers, "X-Reference-Id": reference, ...(url && { "X-Callback-Url": url }) }, JSON.stringify({
      amount: "100", currency: environment.MOMO_SANDBOX_CURRENCY, externalId: reference, payer: { partyIdType: "MSISDN", partyId: DIGITS + number },
    }));
    this.#step(2, "step_accepted", "done", told);
    this.#link = `#payment/${reference}/${user}`;
    await this.#follow(reference, headers, url);
  }

  // Asks for the status as a merchant does, and looks whether the callback has come.
  async #follow(reference, headers, url) {
    const name = url ? "step_callback" : "step_no_callback";
    const end = performance.now() + PATIENCE;
    for (let [isOver, arrived] = [false, false]; !isOver || (url && !arrived);) {
      const isLate = performance.now() > end;
      const state = isLate || !url ? "none" : "waits";
      const { told, status, reason = "" } = await ask("GET", `${PAY}/${reference}`, headers);
      isOver = isFinal(status);
      this.#step(3, "step_status", isOver ? "done" : state, `${told} ${status} ${reason}${isLate && !isOver ? `\n${words("step_pending")}` : ""}`);
      const { received } = await get("listener");
      arrived = received.find((each) => each.body.includes(reference));
      this.#step(4, name, arrived ? "done" : state, arrived ? `${arrived.method} ${url}\n${arrived.body}` : isLate && words("step_none"));
      if (isLate) return;
      await new Promise((resolve) => { setTimeout(resolve, 300); });
    }
  }

  #list() {
    const step = ([name, state, detail]) => html`<li data-state=${state}>
      ${badge(`step-${state}`, words(`step_is_${state}`))} ${words(name)} ${detail ? html`<pre>${detail}</pre>` : nothing}</li>`;
    return html`<ol class="steps" id="steps" aria-live="polite">${this.#steps.map(step)}</ol>
      <div class="buttons" ?hidden=${this.#isBusy}>
        <a href=${this.#link} ?hidden=${!this.#link}>${words("test_look")}</a>
        <button type="button" class="quiet" @click=${() => this.#begin(false)}>${words("test_close")}</button></div>`;
  }

  template() {
    return html`<h2>${words("test_payment")}</h2><p>${words("test_why")}</p>
      <form class="filters" @submit=${(event) => this.#send(event)}>
        <label>${words("test_number")}<select id="test-number">
          ${NUMBERS.map((each) => html`<option value=${each}>${DIGITS}${each}: ${words(`number_${each}`)}</option>`)}</select></label>
        <button id="send-test" ?disabled=${this.#isBusy}>${words("test_send")}</button></form>
      ${this.isBegun ? this.#list() : nothing}`;
  }
}
