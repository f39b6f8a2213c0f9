// The scenario in force: read, written, and what is wrong with it said at its line.

import { call, get } from "./control.js";
import { element, say, shortId } from "./element.js";
import { words } from "./words.js";

export class Scenario {
  #isRead = false;

  constructor() {
    this.force = element("p", { id: "in-force" });
    this.shipped = element("select", { id: "shipped" });
    this.space = element("select", { id: "applies-to" });
    this.lines = element("pre", { class: "lines", "aria-hidden": "true" });
    this.text = element("textarea", { id: "editor", spellcheck: "false", rows: "18", "aria-describedby": "problems", wrap: "off" });
    this.problems = element("div", { id: "problems", role: "status" });
    this.text.addEventListener("input", () => this.#number([]));
    this.text.addEventListener("scroll", () => { this.lines.scrollTop = this.text.scrollTop; });
    this.shipped.addEventListener("change", () => this.#begin());
    this.space.addEventListener("change", () => this.#read());
    this.node = element("section", {},
      element("h2", {}, words("scenario")), element("p", {}, words("scenario_why")), this.force,
      element("div", { class: "filters" },
        element("label", {}, words("begin_with"), this.shipped), element("label", {}, words("applies_to"), this.space)),
      element("label", { for: "editor" }, words("editor")),
      element("div", { class: "editor" }, this.lines, this.text),
      this.problems,
      element("div", { class: "buttons" },
        element("button", { type: "button", id: "apply", onclick: () => this.#put() }, words("apply")),
        element("button", { type: "button", id: "restore", class: "quiet", onclick: () => this.#restore() }, words("restore"))));
  }

  get #path() {
    return this.space.value ? `spaces/${this.space.value}/scenario` : "scenario";
  }

  async refresh() {
    if (this.#isRead) return this.#readForce();
    this.#isRead = true;
    const [{ scenarios }, { spaces }] = await Promise.all([get("scenarios"), get("spaces")]);
    this.sources = new Map(scenarios.map((each) => [each.name, each.source]));
    this.shipped.replaceChildren(element("option", { value: "" }, words("in_force")),
      ...scenarios.map((each) => element("option", { value: each.name }, each.name)));
    this.space.replaceChildren(element("option", { value: "" }, words("any_space")),
      ...spaces.map((each) => element("option", { value: each.api_user }, `${shortId(each.api_user)} (${each.provider_callback_host})`)));
    await this.#read();
  }

  async #readForce() {
    const { scenarios } = await get(this.#path);
    this.force.textContent = `${words("in_force")}: ${scenarios.map((each) => each.name).join(", ") || words("none")}`;
    return scenarios;
  }

  // Nothing can be written meanwhile: what comes would go over it.
  async #read() {
    this.text.readOnly = true;
    try {
      const scenarios = await this.#readForce();
      this.shipped.value = "";
      this.text.value = scenarios[0]?.source ?? "";
      this.#number([]);
      this.problems.replaceChildren();
    } finally {
      this.text.readOnly = false;
    }
  }

  #begin() {
    if (!this.shipped.value) return this.#read();
    this.text.value = this.sources.get(this.shipped.value);
    this.#number([]);
    this.problems.replaceChildren();
    return undefined;
  }

  #number(marked) {
    const count = this.text.value.split("\n").length;
    const numbers = Array.from({ length: count }, (_, at) =>
      element("span", { class: marked.includes(at + 1) ? "marked" : null }, `${at + 1}`));
    this.lines.replaceChildren(...numbers);
  }

  #goTo(line, column) {
    const before = this.text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = this.text.value.indexOf("\n", before);
    this.text.focus();
    this.text.setSelectionRange(before + column - 1, end < 0 ? this.text.value.length : end);
  }

  async #put() {
    try {
      const { name, warnings } = await call("PUT", this.#path, this.text.value, "application/toml");
      this.problems.replaceChildren();
      this.#number([]);
      if (warnings.length) this.#list(warnings, "warnings");
      say(words("applied", { name }));
      await this.#readForce();
    } catch (error) {
      this.#show(error);
    }
  }

  #show(error) {
    if (!error.problems?.length) return say(error.message);
    this.#list(error.problems, "problems");
    return undefined;
  }

  #list(problems, title) {
    this.#number(problems.map((problem) => problem.line));
    const list = problems.map(({ line, column, message, help }) => element("li", {},
      element("button", { type: "button", class: "quiet", onclick: () => this.#goTo(line, column) }, words("line", { line })),
      ` ${message}`, help ? element("small", {}, ` ${help}`) : ""));
    this.problems.replaceChildren(
      element("p", {}, words(title, { count: problems.length })), element("ul", {}, ...list));
  }

  async #restore() {
    try {
      await call("DELETE", this.#path);
      await this.#read();
      say(words("restored"));
    } catch (error) {
      this.#show(error);
    }
  }
}
