// Links that save an answer of the control plane as a file. A link cannot send the control token:
// where there is one, the page asks for the answer itself.

import { textOf } from "./control.js";
import { html } from "./html.js";
import { token } from "./lock.js";
import { attempt } from "./say.js";

async function save(event, path, name) {
  if (!token()) return;
  event.preventDefault();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await textOf(path)]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export const saveLink = (path, name, text) =>
  html`<a href=${`/_sandbox/${path}`} download=${name} @click=${attempt((event) => save(event, path, name))}>${text}</a>`;
