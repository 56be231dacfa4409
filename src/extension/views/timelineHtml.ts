/** Pure: a timeline as HTML with roles and labels. Places are data attributes, because the page allows no inline style. */
import { type Lane, markLooks, type PlacedMark, type Timeline } from "./timelineLayout.ts";
import { escapeHtml } from "./webviewPage.ts";

/** The main part of the timeline's page. */
export function timelineHtml(timeline: Timeline): string {
  const { title, subtitle, outcome, outcomeText, lanes, events } = timeline;
  const summary = `<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(subtitle)}</p>
<p class="outcome ${outcome}" role="status">${escapeHtml(outcomeText)}</p>
</header>`;
  if (lanes.length === 0) {
    return `${summary}<p>Nothing of this transaction has been seen on this machine yet.</p>`;
  }
  return `${summary}
<section aria-labelledby="lanes-title">
<h2 id="lanes-title">Peers</h2>
<div class="chart" role="table" aria-labelledby="lanes-title" aria-describedby="scale">
<div class="row axis" role="row"><span role="columnheader">Peer</span><span class="ticks" role="columnheader" aria-label="Time since the first mark">${ticks(timeline)}</span></div>
${lanes.map(laneHtml).join("\n")}
</div>
<p id="detail" class="detail" role="status">Choose a mark to read it here; arrow keys go from mark to mark.</p>
<p id="scale" class="hint">Time runs from left to right and is not to scale: long waits are shortened.</p>
</section>
${legendHtml(timeline)}
<section aria-labelledby="events-title">
<h2 id="events-title">Events</h2>
<table>
<thead><tr><th scope="col">Since start</th><th scope="col">Time</th><th scope="col">Peer</th><th scope="col">Event</th></tr></thead>
<tbody>
${events.map(eventHtml).join("\n")}
</tbody>
</table>
<p class="hint">Times are those of this machine's clock, when it saw or heard of the event. Values are never shown here.</p>
</section>`;
}

function ticks({ ticks: all }: Timeline): string {
  return all
    .map(({ left, label }) => `<span class="tick" data-left="${number(left)}">${escapeHtml(label)}</span>`)
    .join("");
}

function laneHtml({ name, marks, stretches }: Lane): string {
  const bars = stretches
    .map(
      ({ kind, left, width, open }) =>
        `<span class="stretch ${kind}${open ? " open" : ""}" data-left="${number(left)}" data-width="${number(width)}"></span>`,
    )
    .join("");
  const buttons = marks.map((mark) => markHtml(name, mark)).join("");
  return `<div class="row" role="row"><span class="name" role="rowheader">${escapeHtml(name)}</span><span class="lane" role="cell"><span class="line"></span>${bars}${buttons}</span></div>`;
}

/** What a mark says: `ana votes no, +12 ms, 14:02:03.120, DRIFT: .env: API_URL was changed locally`. */
export function markLabel(lane: string, { word, relative, absolute, text }: PlacedMark): string {
  return [`${lane}: ${word}`, relative, absolute, text].filter((part) => part !== "").join(", ");
}

function markHtml(lane: string, mark: PlacedMark): string {
  const label = escapeHtml(markLabel(lane, mark));
  return `<button type="button" class="mark ${mark.kind}" id="${mark.id}" data-left="${number(mark.left)}" aria-label="${label}" title="${label}" tabindex="-1"><span aria-hidden="true">${escapeHtml(mark.sign)}</span></button>`;
}

function legendHtml({ kinds, lanes }: Timeline): string {
  const items = kinds.map((kind) => {
    const { sign, word } = markLooks[kind];
    return `<li><span class="mark ${kind}" aria-hidden="true"><span>${escapeHtml(sign)}</span></span>${escapeHtml(word)}</li>`;
  });
  const stretches = new Set(lanes.flatMap((lane) => lane.stretches.map(({ kind }) => kind)));
  if (stretches.has("bound")) {
    items.push(`<li><span class="sample bound"></span>bound by its yes until the decision</li>`);
  }
  if (stretches.has("applying"))
    items.push(`<li><span class="sample applying"></span>brings it into the files</li>`);
  return `<section aria-labelledby="legend-title"><h2 id="legend-title">Legend</h2><ul class="legend">${items.join("")}</ul></section>`;
}

function eventHtml(event: Timeline["events"][number]): string {
  const { sign } = markLooks[event.kind];
  const what = event.text === "" ? event.word : `${event.word}: ${event.text}`;
  return `<tr data-mark="${event.id}"><td class="number">${escapeHtml(event.relative)}</td><td class="number">${escapeHtml(event.absolute)}</td><td>${escapeHtml(event.lane)}</td><td><span class="event"><span class="mark ${event.kind}" aria-hidden="true"><span>${escapeHtml(sign)}</span></span>${escapeHtml(what)}</span></td></tr>`;
}

function number(percent: number): string {
  return percent.toFixed(2);
}
