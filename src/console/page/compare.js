// Two bodies of JSON side by side, compared field by field, nested fields too.

import { asJson, copyable, html, nothing } from "./html.js";
import { words } from "./words.js";

const isNested = (value) => value !== null && typeof value === "object";

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
    each, isNested(other) && Object.hasOwn(other, name) ? other[name] : undefined, path && `${path}.${name}` || name,
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

const marked = (lines) => lines.map(({ text, differs }, place) =>
  html`${differs ? html`<mark>${text}</mark>` : text}${place < lines.length - 1 ? "\n" : ""}`);

const body = (title, text) => html`<div><h5>${words(title)}</h5>${copyable(text)}</div>`;

// What a callback said beside what a query was answered; a body that is no JSON is shown as it is.
export function compared(sent, told) {
  const said = read(sent);
  const [left, right] = isNested(said) ? [linesOf(said, told), linesOf(told, said)] : [null, null];
  const differing = left ? [...left, ...right].filter((line) => line.differs && line.path) : [];
  const fields = [...new Set(differing.map((line) => line.path))].join(", ");
  return html`<div class="beside">${body("callback_body", left ? marked(left) : sent)}${body("status_then", right ? marked(right) : asJson(told))}</div>
    ${left ? html`<p class="differences">${fields ? words("differ", { fields }) : words("same")}</p>` : nothing}`;
}
