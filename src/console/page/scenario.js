// The scenario in force: read, written, and what is wrong with it said at its line. What is written
// and not in force yet stays a draft, one for all and one for each API user, until the tab closes.

import { call, get } from "./control.js";
import { fault, html, nothing, spaceChoice } from "./html.js";
import { attempt, hush, say } from "./say.js";
import { View } from "./view.js";
import { words } from "./words.js";

const KEPT = "momo-sandbox-drafts";

function readDrafts() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEPT)) ?? []);
  } catch {
    return new Map();
  }
}

export class Scenario extends View {
  #drafts = readDrafts();
  #space = "";
  #source = "";
  #text = "";
  #inForce = "";
  #shipped = [];
  #spaces = [];
  #chosen = "";
  #isRead = false;
  #isReading = false;
  #problems = [];
  #title = "";

  get #path() {
    return this.#space ? `spaces/${encodeURIComponent(this.#space)}/scenario` : "scenario";
  }

  happened(entries) {
    return entries.some((entry) => ["rules_put", "api_key_created"].includes(entry.event));
  }

  async load(signal) {
    const [{ scenarios: inForce }, { scenarios }, { spaces }] = await Promise.all([
      get(this.#path, signal), this.#shipped.length ? { scenarios: this.#shipped } : get("scenarios", signal), get("spaces", signal),
    ]);
    return { inForce, scenarios, spaces };
  }

  take({ inForce, scenarios, spaces }) {
    this.#shipped = scenarios;
    this.#spaces = spaces;
    const [before, isDraft] = [this.#source, this.#isRead && this.#text !== this.#source];
    this.#takeForce(inForce);
    // What somebody else put in force is shown, unless something was written here.
    if (!this.#isRead || (!isDraft && this.#source !== before)) this.#begin();
  }

  #takeForce(scenarios) {
    this.#inForce = scenarios.map((each) => each.name).join(", ") || words("none");
    this.#source = scenarios[0]?.source ?? "";
  }

  // The text of the one for whom it is: the draft, or else what is in force.
  #begin() {
    this.#isRead = true;
    this.#text = this.#drafts.get(this.#space) ?? this.#source;
    this.#chosen = "";
    this.#list([], "");
  }

  #write(text) {
    this.#text = text;
    this.#list([], "");
    this.#keep();
  }

  #keep() {
    if (this.#text === this.#source) this.#drafts.delete(this.#space);
    else this.#drafts.set(this.#space, this.#text);
    sessionStorage.setItem(KEPT, JSON.stringify([...this.#drafts]));
    this.draw();
  }

  #list(problems, title) {
    this.#problems = problems;
    this.#title = title;
  }

  // Nothing can be written meanwhile: what comes would go over it.
  async #read() {
    this.#isReading = true;
    this.draw();
    try {
      this.#takeForce((await get(this.#path)).scenarios);
      this.#begin();
    } finally {
      this.#isReading = false;
      this.draw();
    }
  }

  #chooseSpace(event) {
    hush();
    this.#space = event.target.value;
    return this.#read();
  }

  #chooseShipped(event) {
    this.#chosen = event.target.value;
    const source = this.#shipped.find((each) => each.name === this.#chosen)?.source ?? this.#source;
    this.#write(source);
  }

  async #put() {
    try {
      const { name, warnings } = await call("PUT", this.#path, this.#text, { type: "application/toml" });
      this.#list(warnings, "warnings");
      say(words("applied", { name }));
      this.#takeForce((await get(this.#path)).scenarios);
      this.#source = this.#text;
      this.#keep();
    } catch (error) {
      this.#refused(error);
    }
  }

  #refused(error) {
    if (!error.problems?.length) throw error;
    this.#list(error.problems, "problems");
    this.draw();
  }

  async #restore() {
    await call("DELETE", this.#path);
    this.#drafts.delete(this.#space);
    sessionStorage.setItem(KEPT, JSON.stringify([...this.#drafts]));
    await this.#read();
    say(words("restored"));
  }

  #discard() {
    this.#chosen = "";
    this.#write(this.#source);
  }

  #goTo(line, column) {
    const editor = this.node.querySelector("#editor");
    const before = this.#text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = this.#text.indexOf("\n", before);
    editor.focus();
    editor.setSelectionRange(before + column - 1, end < 0 ? this.#text.length : end);
  }

  #choices() {
    const shipped = this.#shipped.map(({ name }) => html`<option value=${name} .selected=${name === this.#chosen}>${name}</option>`);
    return html`<div class="filters">
      <label>${words("begin_with")}<select id="shipped" @change=${(event) => this.#chooseShipped(event)}>
        <option value="" .selected=${this.#chosen === ""}>${words("in_force")}</option>${shipped}</select></label>
      <label>${words("applies_to")}<select id="applies-to" @change=${attempt((event) => this.#chooseSpace(event))}>
        ${spaceChoice(this.#spaces, this.#space)}</select></label></div>`;
  }

  #editor() {
    const marked = new Set(this.#problems.map((problem) => problem.line));
    const numbers = this.#text.split("\n").map((_, at) => html`<span class=${marked.has(at + 1) ? "marked" : ""}>${at + 1}</span>`);
    const scroll = (event) => { event.target.previousElementSibling.scrollTop = event.target.scrollTop; };
    return html`<label for="editor">${words("editor")}</label>
      <div class="editor"><pre class="lines" aria-hidden="true">${numbers}</pre><textarea id="editor" spellcheck="false" rows="18"
        aria-describedby="problems" wrap="off" ?readonly=${this.#isReading || !this.#isRead} .value=${this.#text}
        @input=${(event) => this.#write(event.target.value)} @scroll=${scroll}></textarea></div>`;
  }

  #found() {
    if (!this.#problems.length) return nothing;
    const problem = ({ line, column, message, help }) => html`<li>
      <button type="button" class="quiet" @click=${() => this.#goTo(line, column)}>${words("line", { line })}</button>
      ${message} ${help ? html`<small>${help}</small>` : nothing}</li>`;
    return html`<p>${words(this.#title, { count: this.#problems.length })}</p><ul>${this.#problems.map(problem)}</ul>`;
  }

  template() {
    const isDraft = this.#isRead && this.#text !== this.#source;
    return html`<h2>${words("scenario")}</h2><p>${words("scenario_why")}</p>
      ${fault(this.fault)}
      <p id="in-force">${words("in_force_now", { names: this.#inForce })}</p>
      ${this.#choices()}
      ${isDraft ? html`<p id="draft">${words("draft")} <button type="button" class="quiet" @click=${() => this.#discard()}>${words("discard")}</button></p>` : nothing}
      ${this.#editor()}
      <div id="problems" role="status">${this.#found()}</div>
      <div class="buttons">
        <button type="button" id="apply" @click=${attempt(() => this.#put())}>${words("apply")}</button>
        <button type="button" id="restore" class="quiet" @click=${attempt(() => this.#restore())}>${words("restore")}</button>
      </div>`;
  }
}
