// Addresses within the page: `#payments?status=FAILED`, `#payment/REFERENCE/API-USER`.

import { spacePath } from "./control.js";

const VIEWS = ["payments", "payment", "handset", "requests", "callbacks", "audit", "scenario"];

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not what this page writes; it finds nothing, and that is told.
    return part;
  }
}

// What an address asks for. One that asks for nothing there is asks for the payments.
export function routeOf(hash) {
  const [path, ...search] = hash.replace(/^#/, "").split("?");
  const [name, ...place] = path.split("/").map(decoded);
  const isKnown = VIEWS.includes(name) && (name !== "payment" || Boolean(place[0]));
  return { view: isKnown ? name : "payments", place, filters: new URLSearchParams(isKnown ? search.join("?") : "") };
}

export function hashOf(view, filters = {}) {
  const kept = Object.entries(filters).filter(([, value]) => value !== "");
  return kept.length ? `#${view}?${new URLSearchParams(kept)}` : `#${view}`;
}

// The list of transactions that the filters of `#payments` ask for: its path, and its query.
export function listOf({ space, verdict, find = "", ...filters }) {
  return [`${spacePath(space)}transactions`, { ...filters, callback_verdict: verdict, find: find.trim() }];
}
