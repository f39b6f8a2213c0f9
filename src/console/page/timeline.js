// One transaction's time line, as a picture: what the emulator did above, the merchant below.

import { drawn, element } from "./element.js";
import { words } from "./words.js";

const STEP = 132;
const MIDDLE = 84;
const HEIGHT = 168;

export function span(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(1))} h`;
}

function callbackOf(entry) {
  const answered = entry.detail?.match(/^answered (\d+)/);
  if (answered) return { kind: answered[1].startsWith("2") ? "good" : "bad", text: words("callback_answered", { status: answered[1] }) };
  return { kind: "bad", text: words("callback_failed", { error: entry.detail?.split(":")[0] ?? "" }) };
}

// What happened and what is still planned, oldest first: `{at, kind, text, isMerchants, isPlanned}`.
export function eventsOf(transaction) {
  const history = new Map(transaction.history.map((each) => [each.at, each]));
  const events = [];
  for (const entry of transaction.journal) {
    const at = Date.parse(entry.at);
    const request = entry.request;
    if (entry.event === "accepted") {
      events.push({ at, kind: "neutral", text: words("accepted") });
      events.push({ at, kind: "neutral", text: transaction.history[0].status });
    } else if (entry.event === "status_reached") {
      const reached = history.get(entry.at) ?? transaction;
      const kind = { SUCCESSFUL: "good", FAILED: "bad" }[reached.status] ?? "neutral";
      events.push({ at, kind, text: reached.status, note: reached.reason });
    } else if (entry.event === "callback_sent") {
      events.push({ at, kind: "neutral", text: words("callback_sent") });
    } else if (entry.event === "callback_lost") {
      events.push({ at, kind: "bad", text: words("callback_lost"), isLost: true });
    } else if (entry.event === "callback_finished") {
      events.push({ at, ...callbackOf(entry), isMerchants: true });
    } else if (request?.method === "GET") {
      const note = request.told ? words("told", { status: request.told }) : `${request.status}`;
      const last = events.at(-1);
      if (last?.isQuery && last.note === note) last.count += 1;
      else events.push({ at, kind: "neutral", text: words("merchant_asks"), note, isMerchants: true, isQuery: true, count: 1 });
    } else if (request && request.status >= 400) {
      events.push({ at, kind: "bad", text: `${request.method} ${request.status}`, note: request.refusal, isMerchants: true });
    }
  }
  return [...events, ...plannedOf(transaction)];
}

// When callbacks are due that were never sent yet.
function dueOf(transaction, final) {
  const { callback, callbacks } = transaction.plan;
  if (!callbacks) {
    const isToCome = callback.fate === "sent" && ["scheduled", "waiting", "pending"].includes(transaction.callback);
    return isToCome ? [final + callback.delay_ms] : [];
  }
  const sent = new Set(transaction.callback_attempts.map((each) => each.callback));
  const toCome = callbacks.filter((each, index) => each.fate === "sent" && !sent.has(index + 1));
  return toCome.map((each) => final + each.delay_ms);
}

function plannedOf(transaction) {
  const accepted = Date.parse(transaction.accepted_at);
  const stages = transaction.plan.stages.slice(transaction.history.length);
  const isFinal = ["SUCCESSFUL", "FAILED"].includes(transaction.status);
  const planned = isFinal ? [] : stages.map((stage) => ({
    at: accepted + stage.after_ms, kind: "neutral", text: stage.status, note: stage.reason, isPlanned: true,
  }));
  const final = planned.at(-1)?.at ?? Date.parse(transaction.history.at(-1).at);
  for (const at of dueOf(transaction, final)) {
    planned.push({ at, kind: "neutral", text: words("callback_due"), isPlanned: true });
  }
  return planned.sort((one, other) => one.at - other.at);
}

function point(event, at, since) {
  const x = STEP / 2 + at * STEP;
  const [y, textY, noteY] = event.isMerchants ? [MIDDLE + 18, MIDDLE + 42, MIDDLE + 58] : [MIDDLE - 18, MIDDLE - 48, MIDDLE - 32];
  const text = event.count > 1 ? `${event.text} ×${event.count}` : event.text;
  const shape = event.isLost
    ? drawn("path", { d: `M${x - 7} ${y - 7}l14 14m0-14l-14 14`, class: "cross" })
    : drawn("circle", { cx: x, cy: y, r: 7 });
  return drawn("g", { class: `event ${event.kind}${event.isPlanned ? " planned" : ""}` },
    drawn("line", { x1: x, y1: MIDDLE, x2: x, y2: y, class: "stem" }), shape,
    drawn("text", { x, y: textY, class: "text" }, text),
    event.note ? drawn("text", { x, y: noteY, class: "note" }, event.note) : null,
    since === null ? null : drawn("text", { x: x - STEP / 2, y: MIDDLE + (event.isMerchants ? -6 : 14), class: "gap" }, since));
}

export function timeLine(transaction) {
  const events = eventsOf(transaction);
  const width = Math.max(1, events.length) * STEP;
  const points = events.map((event, at) => {
    const gap = at === 0 ? 0 : event.at - events[at - 1].at;
    return point(event, at, gap > 0 ? `+${span(gap)}` : null);
  });
  const picture = drawn("svg", {
    class: "timeline", width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": words("time_line"),
  }, drawn("line", { x1: 0, y1: MIDDLE, x2: width, y2: MIDDLE, class: "axis" }), ...points);
  const list = events.map((event) => element("li", { class: event.kind },
    element("time", { datetime: new Date(event.at).toISOString() }, new Date(event.at).toISOString().slice(11, 23)),
    ` ${event.isPlanned ? `(${words("planned")}) ` : ""}${event.text}`,
    event.count > 1 ? ` (${words("times", { count: event.count })})` : "",
    event.note ? `: ${event.note}` : ""));
  return element("div", { id: "time-line" },
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words("time_line") }, picture),
    element("ol", { class: "events" }, ...list));
}
