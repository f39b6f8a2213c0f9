// The control plane: calls of it.

import { askForToken, token } from "./lock.js";
import { headerOf } from "./stream.js";
import { language, words } from "./words.js";

const TOLD = [400, 404, 409, 503];

// The control plane says in English what was wrong, and where. In another language the page says
// what the status means.
function meaningOf(status, error) {
  if (error && (language === "en" || !status || status === 401)) return error;
  return words(TOLD.includes(status) ? `error_${status}` : "error_other", { status });
}

export class Refused extends Error {
  constructor(status, body) {
    super(meaningOf(status, body?.error));
    this.status = status;
    this.problems = body?.problems ?? [];
  }
}

async function send(path, options) {
  for (;;) {
    const shown = token();
    const headers = shown ? { Authorization: headerOf(shown), ...options.headers } : options.headers;
    let answer;
    try {
      answer = await fetch(`/_sandbox/${path}`, { ...options, headers });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Refused(0, { error: words("unreachable") });
    }
    if (answer.status !== 401) return answer;
    // Another call may have been told the right one meanwhile.
    if (token() === shown && !(await askForToken())) throw new Refused(401, { error: words("locked") });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { error: text };
  }
}

// The answer as it is, for a file.
export async function textOf(path, options = { cache: "no-store" }) {
  const answer = await send(path, options);
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, parsed(text));
  return text;
}

export async function call(method, path, body, { type = "application/json", signal } = {}) {
  const options = { method, cache: "no-store", signal };
  if (method !== "GET") {
    options.headers = { "Content-Type": type };
    options.body = typeof body === "string" ? body : JSON.stringify(body ?? {});
  }
  return parsed(await textOf(path, options));
}

export const get = (path, signal) => call("GET", path, undefined, { signal });

// Where the calls about an API user are; those about all where none is named.
export const spacePath = (user) => (user ? `spaces/${encodeURIComponent(user)}/` : "");

export function query(parameters) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}
