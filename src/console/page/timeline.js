// One transaction's time line: a picture with a lane each for payer, emulator and merchant, to scale
// but for long quiet stretches, which are cut and marked; and the same as a list for those who do not
// see it.

import { eventsOf, isWhole } from "./events.js";
import { html, nothing, svg } from "./html.js";
import { asksPayer } from "./payer.js";
import { dayAndTime, span } from "./times.js";
import { words } from "./words.js";

const LANES = ["payer", "emulator", "merchant"];
const [WIDTH_MIN, WIDTH_MAX, LEFT, RIGHT, TOP, ROW, CUT] = [280, 1000, 92, 14, 20, 17, 70];
// What stands beside the picture in a narrow window.
const BESIDE = 64;
// How wide a letter is on the average, and the space between two labels.
const [LETTER, SPACE] = [7.1, 10];

// As wide as there is room, so that letters have their size on a telephone too.
let width = WIDTH_MAX;

const clockOf = (at) => dayAndTime(at)[1];

// Where each time is, and the stretches that are cut: a quarter of the whole or more, and much
// longer than is usual between two events.
function scaleOf(times) {
  const gaps = times.slice(1).map((at, place) => at - times[place]);
  const usual = gaps.toSorted((one, other) => one - other)[(gaps.length - 1) >> 1];
  const whole = times.at(-1) - times[0];
  const isCut = (gap) => gap >= 1000 && gap > 8 * usual && gap > whole / 4;
  const long = gaps.filter(isCut);
  const drawn = whole - long.reduce((sum, gap) => sum + gap, 0);
  const each = (width - LEFT - RIGHT - long.length * CUT) / (drawn || 1);
  const cuts = [];
  let x = LEFT;
  const places = times.map((at, place) => {
    const gap = place && gaps[place - 1];
    if (isCut(gap)) cuts.push([x + CUT / 2, gap]);
    x += isCut(gap) ? CUT : gap * each;
    return [at, x];
  });
  return [new Map(places), cuts];
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

function mark({ isQuery, isLost }, x, y) {
  if (isQuery) return svg`<path d=${`M${x} ${y - 8}v16`} class="tick"></path>`;
  if (isLost) return svg`<path d=${`M${x - 6} ${y - 6}l12 12m0-12l-12 12`} class="cross"></path>`;
  return svg`<circle cx=${x} cy=${y} r="6"></circle>`;
}

const kindOf = (event) => `event ${event.kind}${event.isPlanned ? " planned" : ""}`;

// A lane's axis, its marks, and the labels below them, each in the first row in which it has room.
function lane(name, events, top, places) {
  const y = top + 12;
  const [began] = places.keys();
  const ends = [];
  const label = (event) => {
    const text = `${event.short ?? event.text}${event.count > 1 ? ` ×${event.count}` : ""}`;
    const since = event.at > began ? ` +${span(event.at - began)}` : "";
    const note = `${event.note ? ` ${event.note}` : ""}${since}`;
    const wide = (text.length * 1.2 + note.length) * LETTER;
    const at = places.get(event.at);
    const x = Math.max(0, Math.min(LEFT, width - wide), Math.min(at - wide / 2, width - wide));
    const free = ends.findIndex((end) => end < x);
    const row = free < 0 ? ends.length : free;
    ends[row] = x + wide + SPACE;
    const low = y + 24 + row * ROW;
    return svg`<g class=${kindOf(event)}><path d=${`M${at} ${y}V${low - 11}`} class="stem"></path>
      <text x=${x} y=${low}><tspan class="text">${text}</tspan><tspan class="note">${note}</tspan></text></g>`;
  };
  const axis = svg`<text y=${y + 4} class="lane">${words(`lane_${name}`)}</text><path d=${`M${LEFT - 10} ${y}H${width}`} class="stem"></path>`;
  const drawn = svg`${merged(events).map(label)}${events.map((event) => svg`<g class=${kindOf(event)}>
    <title>${clockOf(event.at)} ${event.text} ${event.note ?? ""}</title>${mark(event, places.get(event.at), y)}</g>`)}`;
  return { axis, drawn, bottom: y + 20 + ends.length * ROW };
}

function picture(events, names) {
  const times = new Set(events.map((event) => event.at));
  const [places, cuts] = scaleOf([...times].sort((one, other) => one - other));
  let bottom = cuts.length && TOP;
  const lanes = names.map((name) => {
    const placed = lane(name, events.filter((event) => (event.lane ?? "emulator") === name), bottom, places);
    bottom = placed.bottom;
    return placed;
  });
  const marked = cuts.map(([x, gap]) => svg`<g class="cut"><title>${words("quiet", { time: span(gap) })}</title>
    <path d=${`M${x - 9} ${TOP}V${bottom}M${x + 9} ${bottom}V${TOP}`}></path><text x=${x} y="11">${span(gap)}</text></g>`);
  return html`<svg class="timeline" viewBox=${`0 0 ${width} ${bottom}`} role="img" aria-label=${words("time_line")}>
    ${lanes.map(({ axis }) => axis)}${marked}${lanes.map(({ drawn }) => drawn)}</svg>`;
}

function line(event) {
  const planned = event.isPlanned ? `(${words("planned")}) ` : "";
  const times = event.count > 1 ? ` (${words("times", event)})` : "";
  const note = event.note ? `: ${event.note}` : "";
  return html`<li class=${event.kind}><time>${clockOf(event.at)}</time> ${`${planned}${event.text}${times}${note}`}</li>`;
}

export function timeLine(transaction) {
  const events = eventsOf(transaction);
  width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, innerWidth - BESIDE));
  return html`<div id="time-line">
    ${isWhole(transaction) ? nothing : html`<p class="evicted">${words("evicted")}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${words("time_line")}>${events.length ? picture(events, LANES.slice(asksPayer(transaction) ? 0 : 1)) : nothing}</div>
    <ol class="events unseen">${merged(events).map(line)}</ol></div>`;
}
