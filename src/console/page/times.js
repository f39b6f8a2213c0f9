// The time: the emulator's, and how people read it, in UTC or in the zone of the browser.

import { tellAll, whenTold } from "./tabs.js";
import { words } from "./words.js";

const KEPT = "momo-sandbox-zone";

let isLocal = false;
let [at, read, factor] = [null, 0, 0];
let ahead = new Map();
let day = "";

const readZone = () => { isLocal = localStorage.getItem(KEPT) === "local"; };

readZone();
// Other tabs choose as well.
whenTold("zone", readZone);

export const zone = () => (isLocal ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC");

export function changeZone() {
  localStorage.setItem(KEPT, isLocal ? "utc" : "local");
  tellAll("zone");
}

// The emulator's time, in ms; null before it is known.
export const now = () => (at === null ? null : at + (performance.now() - read) * factor);

// The date and the time of day.
export const dayAndTime = (ms) =>
  new Date(ms - (isLocal ? new Date(ms).getTimezoneOffset() * 60_000 : 0)).toISOString().slice(0, -1).split("T");

// What the clock was read to show, and how many times as fast as here it goes on.
export function setClock(ms, speed, users = []) {
  [at, read, factor] = [ms, performance.now(), speed];
  const next = new Map(users.map((each) => [each.api_user, each.by_ms]));
  const isAsBefore = next.size === ahead.size && users.every((each) => ahead.get(each.api_user) === each.by_ms);
  const before = day;
  [ahead, [day]] = [next, dayAndTime(ms)];
  // On another day all that is shown has a date; who is ahead has a sign.
  if (day !== before || !isAsBefore) tellAll("zone");
}

// How far an API user is ahead of the clock, in ms.
export const aheadOf = (user) => ahead.get(user) ?? 0;

// The date of a time, where that is not today, and its time of day.
export function partsOf(text) {
  const [date, time] = dayAndTime(Date.parse(text));
  return [date === day ? "" : date, time];
}

// A time as text, with its date where that is not today there.
export function told(text, digits) {
  const [date, time] = partsOf(text);
  return `${date && `${date} `}${time.slice(0, digits)}`;
}

const tenths = (count) => `${Number(count.toFixed(1))}`.replace(".", words("point"));

// A length of time.
export function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${tenths(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${tenths(minutes)} min` : `${tenths(minutes / 60)} h`;
}
