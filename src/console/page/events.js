// What happened to a transaction and what is still planned, for its time line: in the lane of its
// payer, of the emulator or of the merchant. Statuses come from its history and callbacks from its
// attempts where the journal has dropped their entries.

import { answerIn, isFinal, isSuccess, kindOfVerdict } from "./html.js";
import { words } from "./words.js";

const KINDS = { SUCCESSFUL: "good", FAILED: "bad" };
const PAYERS = ["payer_approved", "payer_declined", "payer_let_it_expire"];

// What somebody did by hand is told to be so.
const named = (name, { manual }) => (manual ? `${words(name)} (${words("by_hand")})` : words(name));

const statusEvent = ({ at, status, reason }) =>
  ({ at: Date.parse(at), kind: KINDS[status] ?? "neutral", text: status, note: reason });

// The verdict is a note beside an answer that was as usual, where the callback was not.
function answerEvent(at, status, verdict) {
  const text = status ? words("callback_answered", { status }) : words("callback_failed", { error: words(`is_${verdict}`) });
  const note = status && isSuccess(status) && verdict !== "delivered" ? words(`is_${verdict}`) : undefined;
  return { at, kind: kindOfVerdict(verdict), text, note, lane: "merchant" };
}

function finishedEvent(entry) {
  return answerEvent(Date.parse(entry.at), answerIn(entry), entry.callback_verdict);
}

function requestEvent(request, at) {
  if (request.method === "GET") {
    const note = request.told ? words("told", { status: request.told }) : `${request.status}`;
    return [{ at, kind: "neutral", text: words("merchant_asks"), short: words("asks"), note, lane: "merchant", isQuery: true }];
  }
  if (request.status < 400) return [];
  return [{ at, kind: "bad", text: `${request.method} ${request.status}`, note: request.refusal, lane: "merchant" }];
}

const count = (transaction, event) => transaction.journal.filter((entry) => entry.event === event).length;

// What the journal has dropped: all that its first entries told.
function evicted(transaction) {
  const { history, callback_attempts: attempts } = transaction;
  const isWhole = count(transaction, "accepted") > 0;
  const lost = history.length - 1 - count(transaction, "status_reached");
  const events = isWhole ? [] : [
    { at: Date.parse(transaction.accepted_at), kind: "neutral", text: words("accepted") },
    ...history.slice(0, Math.max(0, lost) + 1).map(statusEvent),
  ];
  const unsent = attempts.slice(0, Math.max(0, attempts.length - count(transaction, "callback_sent")));
  const unanswered = attempts.slice(0, Math.max(0, attempts.length - count(transaction, "callback_finished")));
  events.push(...unsent.map((each) => ({ at: Date.parse(each.sent_at), kind: "neutral", text: words("callback_sent") })));
  events.push(...unanswered.map((each) =>
    answerEvent(Date.parse(each.sent_at) + each.took_ms, each.answer_status, each.verdict)));
  return events.sort((one, other) => one.at - other.at);
}

// Whether the journal still has all that happened.
export const isWhole = (transaction) => count(transaction, "accepted") > 0;

// Oldest first: `{at, kind, text, short, note, lane, isQuery, isPlanned}`; the emulator's have no lane, and
// few have a shorter text for the picture.
export function eventsOf(transaction) {
  const { history, journal } = transaction;
  const events = evicted(transaction);
  // Several statuses may have one instant: their order tells which is which.
  let reached = history.length - count(transaction, "status_reached");
  for (const entry of journal) {
    const at = Date.parse(entry.at);
    if (entry.event === "accepted") {
      events.push({ at, kind: "neutral", text: named("accepted", entry) }, statusEvent(history[0]));
    } else if (entry.event === "status_reached") {
      events.push(statusEvent(history[reached] ?? { at: entry.at, ...transaction }));
      reached += 1;
    } else if (entry.event === "callback_sent") {
      events.push({ at, kind: "neutral", text: named("callback_sent", entry) });
    } else if (PAYERS.includes(entry.event)) {
      events.push({ at, kind: "neutral", text: words(entry.event), lane: "payer" });
    } else if (entry.event === "callback_lost") {
      events.push({ at, kind: "bad", text: words("callback_lost"), isLost: true });
    } else if (entry.event === "callback_finished") {
      events.push(finishedEvent(entry));
    } else if (entry.request) {
      events.push(...requestEvent(entry.request, at));
    }
  }
  return [...events, ...plannedOf(transaction)];
}

// When callbacks are due that were never sent yet.
function dueOf(transaction, final) {
  const { callback, callbacks } = transaction.plan;
  if (!callbacks) {
    const isToCome = callback.fate === "sent" && transaction.callback === "waiting";
    return isToCome ? [final + callback.delay_ms] : [];
  }
  const sent = new Set(transaction.callback_attempts.filter((each) => !each.manual).map((each) => each.callback));
  const toCome = callbacks.filter((each, index) => each.fate === "sent" && !sent.has(index + 1));
  return toCome.map((each) => final + each.delay_ms);
}

function plannedOf(transaction) {
  const accepted = Date.parse(transaction.accepted_at);
  const isOver = isFinal(transaction.status);
  const stages = isOver ? [] : transaction.plan.stages.slice(transaction.history.length);
  const planned = stages.map((stage) => ({
    at: accepted + stage.after_ms, kind: "neutral", text: stage.status, note: stage.reason, isPlanned: true,
  }));
  // What stays pending until somebody acts has no time at which its callback is due.
  const willEnd = isOver || isFinal(stages.at(-1)?.status);
  const final = planned.at(-1)?.at ?? Date.parse(transaction.history.at(-1).at);
  for (const at of willEnd ? dueOf(transaction, final) : []) {
    planned.push({ at, kind: "neutral", text: words("callback_due"), isPlanned: true });
  }
  return planned.sort((one, other) => one.at - other.at);
}
