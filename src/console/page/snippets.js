// The first payment as a program in several languages, to copy. Each is a file of its own.

import { copyable, html, nothing } from "./html.js";
import { View } from "./view.js";
import { words } from "./words.js";

const FILES = { curl: "curl.sh", PowerShell: "powershell.ps1", "Node.js": "node.mjs", Python: "python.py", PHP: "php.php" };
const WRITTEN_FOR = "http://127.0.0.1:4673";

export class Snippets extends View {
  #chosen = "curl";
  #text = "";

  async load(signal) {
    return (await fetch(`/_sandbox/console/snippets/${FILES[this.#chosen]}`, { signal })).text();
  }

  take(text) {
    this.#text = text.replaceAll(WRITTEN_FOR, location.origin);
  }

  #choose(event) {
    this.#chosen = event.target.value;
    this.refresh();
  }

  // Buttons of a radio, so that the keyboard's arrows choose.
  template() {
    const tab = (name) => html`<label><input type="radio" name="snippet" value=${name} .checked=${name === this.#chosen}>${name}</label>`;
    return html`<fieldset class="tabs" @change=${(event) => this.#choose(event)}><legend class="unseen">${words("languages")}</legend>
      ${Object.keys(FILES).map(tab)}</fieldset>
      <div id="snippet" aria-live="polite">${this.#text ? copyable(this.#text) : nothing}</div>`;
  }
}
