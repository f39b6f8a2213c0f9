// One transaction's time line: a picture with a lane each for payer, emulator and merchant, to scale
// but for long quiet stretches, which are cut and marked; and the same as a list for those who do not
// see it.

import { eventsOf, isWhole } from "./events.js";
import { html, nothing, svg } from "./html.js";
import { asksPayer } from "./payer.js";
import { words } from "./words.js";

const LANES = ["payer", "emulator", "merchant"];
const [WIDTH, LEFT, RIGHT, TOP, ROW, CUT] = [1000, 92, 14, 20, 17, 70];
// How wide a letter is on the average, and the space between two labels.
const [LETTER, SPACE] = [6.6, 10];

export function span(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Number(minutes.toFixed(1))} min` : `${Number((minutes / 60).toFixed(1))} h`;
}

const clockOf = (at) => new Date(at).toISOString().slice(11, 23);

// Where each time is, and the stretches that are cut: a quarter of the whole or more, and much
// longer than is usual between two events.
function scaleOf(times) {
  const gaps = times.slice(1).map((at, place) => at - times[place]);
  const usual = gaps.toSorted((one, other) => one - other)[Math.floor((gaps.length - 1) / 2)];
  const whole = times.at(-1) - times[0];
  const isCut = (gap) => gap >= 1000 && gap > 8 * usual && gap > whole / 4;
  const cuts = [];
  const cutAway = gaps.filter(isCut).reduce((sum, gap) => sum + gap, 0);
  const room = WIDTH - LEFT - RIGHT - gaps.filter(isCut).length * CUT;
  const each = room / Math.max(1, whole - cutAway);
  const places = new Map();
  let x = LEFT;
  times.forEach((at, place) => {
    if (place && isCut(gaps[place - 1])) {
      cuts.push({ x: x + CUT / 2, time: gaps[place - 1] });
      x += CUT;
    } else if (place) x += gaps[place - 1] * each;
    places.set(at, x);
  });
  return { places, cuts };
}

// Queries in a row with the same answer are one.
function merged(events) {
  const runs = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (event.isQuery && last?.isQuery && last.note === event.note) last.count += 1;
    else runs.push({ ...event, count: 1 });
  }
  return runs;
}

// Labels below their marks, each in the first row in which it has room.
function labelled(events, places, began) {
  const ends = [];
  return events.map((event) => {
    const times = event.count > 1 ? ` ×${event.count}` : "";
    const since = event.at > began ? ` +${span(event.at - began)}` : "";
    const [text, note] = [`${event.text}${times}`, `${event.note ? ` ${event.note}` : ""}${since}`];
    const wide = (text.length * 1.08 + note.length) * LETTER;
    const x = Math.max(LEFT, Math.min(places.get(event.at) - wide / 2, WIDTH - wide));
    const free = ends.findIndex((end) => end < x);
    const row = free < 0 ? ends.length : free;
    ends[row] = x + wide + SPACE;
    return { event, text, note, x, row, rows: ends.length };
  });
}

function mark(event, x, y) {
  if (event.isQuery) return svg`<path d=${`M${x} ${y - 8}v16`} class="tick"></path>`;
  return event.isLost
    ? svg`<path d=${`M${x - 6} ${y - 6}l12 12m0-12l-12 12`} class="cross"></path>`
    : svg`<circle cx=${x} cy=${y} r="6"></circle>`;
}

const kindOf = (event) => `event ${event.kind}${event.isPlanned ? " planned" : ""}`;

function lane(name, all, top, places, began) {
  const y = top + 12;
  const of = (events) => events.filter((event) => (event.lane ?? "emulator") === name);
  const labels = labelled(of(merged(all)), places, began);
  const rows = Math.max(0, ...labels.map((label) => label.rows));
  const axis = svg`<text x="0" y=${y + 4} class="lane">${words(`lane_${name}`)}</text>
    <line x1=${LEFT - 10} y1=${y} x2=${WIDTH} y2=${y} class="axis"></line>`;
  const drawn = svg`${labels.map(({ event, text, note, x, row }) => {
      const [at, low] = [places.get(event.at), y + 24 + row * ROW];
      return svg`<g class=${kindOf(event)}><path d=${`M${at} ${y}V${low - 11}`} class="stem"></path>
        <text x=${x} y=${low}><tspan class="text">${text}</tspan><tspan class="note">${note}</tspan></text></g>`;
    })}
    ${of(all).map((event) => svg`<g class=${kindOf(event)}><title>${clockOf(event.at)} ${event.text} ${event.note ?? ""}</title>${mark(event, places.get(event.at), y)}</g>`)}`;
  return { axis, drawn, bottom: y + 20 + rows * ROW };
}

function picture(events, asksPayer) {
  const { places, cuts } = scaleOf([...new Set(events.map((event) => event.at))].sort((one, other) => one - other));
  const began = Math.min(...places.keys());
  let top = cuts.length ? TOP : 0;
  const lanes = LANES.slice(asksPayer ? 0 : 1).map((name) => {
    const placed = lane(name, events, top, places, began);
    top = placed.bottom;
    return placed;
  });
  const marked = cuts.map(({ x, time }) => svg`<g class="cut"><title>${words("quiet", { time: span(time) })}</title>
    <rect x=${x - 9} y=${TOP - 4} width="18" height=${top}></rect><path d=${`M${x - 9} ${TOP - 4}V${top}M${x + 9} ${TOP - 4}V${top}`}></path>
    <text x=${x} y="11">${span(time)}</text></g>`);
  return html`<svg class="timeline" viewBox=${`0 0 ${WIDTH} ${top}`} role="img" aria-label=${words("time_line")}>
    ${lanes.map((each) => each.axis)}${marked}${lanes.map((each) => each.drawn)}</svg>`;
}

function line(event) {
  const at = new Date(event.at).toISOString();
  const planned = event.isPlanned ? `(${words("planned")}) ` : "";
  const times = event.count > 1 ? ` (${words("times", { count: event.count })})` : "";
  const note = event.note ? `: ${event.note}` : "";
  return html`<li class=${event.kind}><time datetime=${at}>${at.slice(11, 23)}</time> ${`${planned}${event.text}${times}${note}`}</li>`;
}

export function timeLine(transaction) {
  const events = eventsOf(transaction);
  return html`<div id="time-line">
    ${isWhole(transaction) ? nothing : html`<p class="evicted">${words("evicted")}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${words("time_line")}>${events.length ? picture(events, asksPayer(transaction)) : nothing}</div>
    <ol class="events unseen">${merged(events).map(line)}</ol></div>`;
}
