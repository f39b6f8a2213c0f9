// The scenario in force: read, written, and what is wrong with it said at its line. What is written
// and not in force yet stays a draft, one for all and one for each API user, until the tab closes.

import { namesOf } from "./banner.js";
import { call, get, spacePath } from "./control.js";
import { Faults } from "./faults.js";
import { fault, html, nothing, options, shortId, spaceChoice } from "./html.js";
import { attempt, hush, say } from "./say.js";
import { tellAll } from "./tabs.js";
import { Trial } from "./trial.js";
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

// The text of a line, with marks where problems begin: each to the end of its word.
function marked(line, problems) {
  const pieces = [];
  let done = 0;
  for (const column of problems.map((each) => each.column - 1).sort((one, other) => one - other)) {
    const end = column + (line.slice(column).match(/^(\[\[[^\]]*\]*|"[^"]*"?|'[^']*'?|[\w.-]+|.)/)?.[0].length ?? 0);
    if (column < done) continue;
    pieces.push(line.slice(done, column), html`<mark>${line.slice(column, end) || " "}</mark>`);
    done = end;
  }
  return [...pieces, line.slice(done), "\n"];
}

export class Scenario extends View {
  #faults = new Faults(() => this.draw());
  #trial = new Trial(() => this.draw());
  #own = [];
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
    return `${spacePath(this.#space)}scenario`;
  }

  happened(entries) {
    return entries.some((entry) => ["rules_put", "api_key_created"].includes(entry.event));
  }

  async load(signal) {
    const ofAll = get("scenario", signal);
    const [inForce, { scenarios }, { spaces }, { spaces: own }] = await Promise.all([
      this.#space ? get(this.#path, signal) : ofAll,
      this.#shipped.length ? { scenarios: this.#shipped } : get("scenarios", signal), get("spaces", signal), ofAll,
    ]);
    return { inForce, scenarios, spaces, own };
  }

  take({ inForce, scenarios, spaces, own }) {
    this.#own = own;
    this.#shipped = scenarios;
    this.#spaces = spaces;
    const [before, isDraft] = [this.#source, this.#isRead && this.#text !== this.#source];
    this.#takeForce(inForce);
    // What somebody else put in force is shown, unless something was written here.
    if (!this.#isRead || (!isDraft && this.#source !== before)) this.#begin();
  }

  #takeForce({ scenarios }) {
    this.#inForce = namesOf(scenarios);
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
    if (this.#text !== this.#source) this.#drafts.set(this.#space, this.#text);
    else this.#drafts.delete(this.#space);
    this.#store();
    this.draw();
  }

  #store() {
    sessionStorage.setItem(KEPT, JSON.stringify([...this.#drafts]));
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
      this.#takeForce(await get(this.#path));
      this.#begin();
    } finally {
      this.#isReading = false;
      this.draw();
    }
  }

  #chooseSpace(user) {
    hush();
    this.#space = user;
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
      tellAll("scenario");
      this.#takeForce(await get(this.#path));
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
    this.#store();
    await this.#read();
    tellAll("scenario");
    say(words("restored"));
  }

  #typed(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    attempt(() => this.#put())();
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
    const shipped = options(this.#shipped.map(({ name }) => name), this.#chosen, words("in_force"));
    return html`<div class="filters">
      <label>${words("begin_with")}<select id="shipped" @change=${(event) => this.#chooseShipped(event)}>
        ${shipped}</select></label>
    </div>`;
  }

  // For whom all of this view is: all, or one API user; those with a scenario of their own by name.
  #whom() {
    const own = ({ api_user: user, name }) => html`<li><button type="button" class="quiet" aria-pressed=${user === this.#space}
      @click=${attempt(() => this.#chooseSpace(user))}>${shortId(user)}: ${name}</button></li>`;
    return html`<div class="filters">
      <label>${words("applies_to")}<select id="applies-to" @change=${attempt((event) => this.#chooseSpace(event.target.value))}>
        ${spaceChoice(this.#spaces, this.#space)}</select></label>
      ${this.#own.length ? html`<div><small>${words("own_scenarios")}</small><ul class="own" id="own">${this.#own.map(own)}</ul></div>` : nothing}</div>`;
  }

  #editor() {
    const byLine = Map.groupBy(this.#problems, (problem) => problem.line);
    const lines = this.#text.split("\n");
    const numbers = lines.map((_, at) => html`<span class=${byLine.has(at + 1) ? "marked" : ""}>${at + 1}</span>`);
    const marks = byLine.size ? lines.map((line, at) => marked(line, byLine.get(at + 1) ?? [])) : nothing;
    const scroll = ({ target }) => {
      for (const node of this.node.querySelectorAll(".lines, .marks")) node.scrollTo(target.scrollLeft, target.scrollTop);
    };
    return html`<label for="editor">${words("editor")}</label>
      <div class="editor"><pre class="lines" aria-hidden="true">${numbers}</pre><div class="text"><pre class="marks" aria-hidden="true">${marks}</pre>
        <textarea id="editor" spellcheck="false" rows="18" aria-describedby="problems" aria-keyshortcuts="Control+Enter" wrap="off"
        ?readonly=${this.#isReading || !this.#isRead} .value=${this.#text} @keydown=${(event) => this.#typed(event)}
        @input=${(event) => this.#write(event.target.value)} @scroll=${scroll}></textarea></div></div>`;
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
      ${this.#whom()}
      ${this.#faults.template(this.#shipped, this.#path)}
      <h3>${words("editor_title")}</h3>
      ${this.#choices()}
      ${isDraft ? html`<p id="draft">${words("draft")} <button type="button" class="quiet" @click=${() => this.#discard()}>${words("discard")}</button></p>` : nothing}
      ${this.#editor()}
      <div class="buttons">
        <button type="button" id="apply" title="Ctrl+Enter" @click=${attempt(() => this.#put())}>${words("apply")}</button>
        <button type="button" id="restore" class="quiet" @click=${attempt(() => this.#restore())}>${words("restore")}</button>
      </div>
      <div id="problems" role="status">${this.#found()}</div>
      ${this.#trial.template(this.#spaces, this.#space, isDraft)}`;
  }
}
