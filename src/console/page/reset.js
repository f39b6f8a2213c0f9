// The reset: asked once more, and its failure told where it was asked.

import { call } from "./control.js";
import { html, nothing, render } from "./html.js";
import { say } from "./say.js";
import { tellTabs } from "./tabs.js";
import { words } from "./words.js";

// `done` is called once all is deleted.
export function confirmReset(done) {
  const dialog = document.getElementById("dialog");
  const draw = (error) => render(html`
    <h2 id="dialog-title">${words("reset_title")}</h2>
    <p>${words("reset_why")}</p>
    ${error ? html`<p class="wrong" role="alert">${error.message}</p>` : nothing}
    <div class="buttons">
      <button type="button" class="quiet" @click=${() => dialog.close()}>${words("cancel")}</button>
      <button type="button" class="danger" id="reset-yes" @click=${reset}>${words("reset_yes")}</button>
    </div>`, dialog);
  const reset = async () => {
    try {
      const { forgotten_transactions: count } = await call("POST", "reset");
      dialog.close();
      say(words("reset_done", { count }));
      tellTabs("reset");
      done();
    } catch (error) {
      draw(error);
    }
  };
  draw(null);
  dialog.showModal();
}
