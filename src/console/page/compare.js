// Two bodies of JSON side by side, compared field by field, nested fields too.

import { copyable, html, nothing } from "./html.js";
import { words } from "./words.js";

const isNested = (value) => value !== null && typeof value === "object";

// The field of that name, if the other body has one in the same place.
const fieldOf = (other, name) => (isNested(other) && Object.hasOwn(other, name) ? other[name] : undefined);

// The lines of a value as JSON, each with the path of its field and whether the other value differs.
function linesOf(value, other, path = "", head = "", indent = "", end = "") {
  if (!isNested(value)) {
    return [{ text: `${indent}${head}${JSON.stringify(value)}${end}`, path, differs: value !== other }];
  }
  const isList = Array.isArray(value);
  const [open, close] = isList ? "[]" : "{}";
  const differs = !isNested(other) || Array.isArray(other) !== isList;
  const fields = Object.entries(value);
  const inner = fields.flatMap(([name, each], place) => linesOf(
    each, fieldOf(other, name), path && `${path}.${name}` || name,
    isList ? "" : `${JSON.stringify(name)}: `, `${indent}  `, place < fields.length - 1 ? "," : "",
  ));
  return [{ text: `${indent}${head}${open}`, path, differs }, ...inner, { text: `${indent}${close}${end}`, path, differs }];
}

function read(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export const indented = (value) => JSON.stringify(value, null, 2);

const marked = (lines) => lines.map(({ text, differs }, place) => {
  const end = place < lines.length - 1 ? "\n" : "";
  return differs ? html`<mark>${text}</mark>${end}` : `${text}${end}`;
});

// What a callback said beside what a query was answered; a body that is no JSON is shown as it is.
export function compared(sent, told) {
  const said = read(sent);
  if (!isNested(said)) return html`<div class="beside"><div><h5>${words("callback_body")}</h5>${copyable(sent)}</div>
    <div><h5>${words("status_then")}</h5>${copyable(indented(told))}</div></div>`;
  const [left, right] = [linesOf(said, told), linesOf(told, said)];
  const fields = new Set([...left, ...right].filter((line) => line.differs && line.path).map((line) => line.path));
  return html`<div class="beside"><div><h5>${words("callback_body")}</h5>${copyable(marked(left))}</div>
      <div><h5>${words("status_then")}</h5>${copyable(marked(right))}</div></div>
    <p class="differences">${fields.size ? html`${words("differ")} ${[...fields].map((field, place) => html`${place ? ", " : nothing}<code>${field}</code>`)}` : words("same")}</p>`;
}
