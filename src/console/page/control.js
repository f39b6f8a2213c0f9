// The control plane: calls, and the journal as it is written.

import { words } from "./words.js";

const TOKEN = "momo-sandbox-control-token";

export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? `${status}`);
    this.status = status;
    this.problems = body?.problems ?? [];
  }
}

let asking = null;

function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

// Asks whoever looks at the page for the token, once for all calls that miss it.
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("dialog");
    const form = document.createElement("form");
    form.method = "dialog";
    const title = document.createElement("h2");
    title.id = "dialog-title";
    title.textContent = words("token");
    const field = document.createElement("input");
    field.type = "password";
    field.required = true;
    field.setAttribute("aria-labelledby", "dialog-title");
    const why = document.createElement("p");
    why.textContent = words("token_why");
    const button = document.createElement("button");
    button.textContent = words("go_on");
    form.append(title, why, field, button);
    dialog.replaceChildren(form);
    dialog.showModal();
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(TOKEN, field.value);
      asking = null;
      resolve();
    }, { once: true });
  });
  return asking;
}

async function send(path, options) {
  for (;;) {
    const answer = await fetch(`/_sandbox/${path}`, { ...options, headers: headers(options.headers) });
    if (answer.status !== 401) return answer;
    await askForToken();
  }
}

export async function call(method, path, body, type = "application/json") {
  const options = { method, cache: "no-store" };
  if (method !== "GET") {
    options.headers = { "Content-Type": type };
    options.body = typeof body === "string" ? body : JSON.stringify(body ?? {});
  }
  const answer = await send(path, options);
  const text = await answer.text();
  let read = null;
  try {
    read = JSON.parse(text);
  } catch {
    read = { error: text };
  }
  if (!answer.ok) throw new Refused(answer.status, read);
  return read;
}

export const get = (path) => call("GET", path);

export function query(parameters) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function readEvents(answer, take) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) take(JSON.parse(data.slice("data: ".length)));
    }
  }
}

// Follows the journal for ever. After a break it goes on behind the last entry that came, so that
// none is missed; `restarted` is called where the emulator is another than before.
export async function follow({ took, connected, restarted }) {
  let last = null;
  let seed = null;
  for (;;) {
    try {
      const health = await get("health");
      const tail = await get("journal?tail=1");
      const isOther = seed !== null && (seed !== health.seed || (tail.last ?? -1) < (last ?? -1));
      if (seed === null || isOther) last = tail.last;
      seed = health.seed;
      const after = last === null ? {} : { "Last-Event-ID": `${last}` };
      const answer = await send("journal/stream", { headers: after, cache: "no-store" });
      connected(true);
      if (isOther) restarted();
      await readEvents(answer, (entry) => {
        last = entry.number;
        took(entry);
      });
    } catch {
      // Said by what comes next: the connection is gone, and is tried again.
    }
    connected(false);
    await pause(500);
  }
}
