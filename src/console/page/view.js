// A view: what it loads, and what it draws of that. An answer to an older question than the last one
// is dropped, in whatever order the answers come.

import { render } from "./html.js";

export class View {
  fault = null;
  #asking = null;

  constructor(node = document.createElement("section")) {
    this.node = node;
  }

  // What an address asks for: the parts of its path, and its filters.
  open() {}

  // Whether something that happened changes what is shown.
  happened() {
    return true;
  }

  async load() {}

  take() {}

  template() {
    return null;
  }

  async refresh() {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const loaded = await this.load(asking.signal);
      if (asking.signal.aborted) return;
      this.fault = null;
      this.take(loaded);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.fault = error;
    }
    this.draw();
  }

  // What the tab of the browser is called; null for the name of the view.
  get title() {
    return null;
  }

  // Called after each drawing.
  drawn() {}

  draw() {
    render(this.template(), this.node);
    this.drawn();
  }
}
