// The control plane: calls of it.

import { askForToken, token } from "./lock.js";
import { headerOf } from "./stream.js";
import { words } from "./words.js";

export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? `${status}`);
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

export async function call(method, path, body, { type = "application/json", signal, isText = false } = {}) {
  const options = { method, cache: "no-store", signal };
  if (method !== "GET") {
    options.headers = { "Content-Type": type };
    options.body = typeof body === "string" ? body : JSON.stringify(body ?? {});
  }
  const answer = await send(path, options);
  const text = await answer.text();
  if (isText && answer.ok) return text;
  let read = null;
  try {
    read = JSON.parse(text);
  } catch {
    read = { error: text };
  }
  if (!answer.ok) throw new Refused(answer.status, read);
  return read;
}

export const get = (path, signal) => call("GET", path, undefined, { signal });

export const getText = (path, signal) => call("GET", path, undefined, { signal, isText: true });

export function query(parameters) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}
