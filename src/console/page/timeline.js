// One transaction's time line, as a picture and as a list: what the emulator did above, the merchant
// below.

import { eventsOf, isWhole } from "./events.js";
import { html, nothing, svg } from "./html.js";
import { span } from "./times.js";
import { words } from "./words.js";

export { span } from "./times.js";

const STEP = 132;
const MIDDLE = 84;
const HEIGHT = 168;

const kindOf = (event) => `event ${event.kind}${event.isPlanned ? " planned" : ""}`;

function point(event, at, since) {
  const x = STEP / 2 + at * STEP;
  const [y, textY, noteY] = event.isMerchants ? [MIDDLE + 18, MIDDLE + 42, MIDDLE + 58] : [MIDDLE - 18, MIDDLE - 48, MIDDLE - 32];
  const text = event.count > 1 ? `${event.text} ×${event.count}` : event.text;
  const shape = event.isLost
    ? svg`<path d=${`M${x - 7} ${y - 7}l14 14m0-14l-14 14`} class="cross"></path>`
    : svg`<circle cx=${x} cy=${y} r="7"></circle>`;
  return svg`<g class=${kindOf(event)}>
    <line x1=${x} y1=${MIDDLE} x2=${x} y2=${y} class="stem"></line>${shape}
    <text x=${x} y=${textY} class="text">${text}</text>
    ${event.note ? svg`<text x=${x} y=${noteY} class="note">${event.note}</text>` : nothing}
    ${since === null ? nothing : svg`<text x=${x - STEP / 2} y=${MIDDLE + (event.isMerchants ? -6 : 14)} class="gap">${since}</text>`}
  </g>`;
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
  const width = Math.max(1, events.length) * STEP;
  const points = events.map((event, at) => {
    const gap = at === 0 ? 0 : event.at - events[at - 1].at;
    return point(event, at, gap > 0 ? `+${span(gap)}` : null);
  });
  return html`<div id="time-line">
    ${isWhole(transaction) ? nothing : html`<p class="evicted">${words("evicted")}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${words("time_line")}>
      <svg class="timeline" width=${width} height=${HEIGHT} viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${words("time_line")}>
        <line x1="0" y1=${MIDDLE} x2=${width} y2=${MIDDLE} class="axis"></line>${points}
      </svg></div>
    <ol class="events">${events.map(line)}</ol></div>`;
}
