/** Pure: the table that shows a key three ways. Masked tables tell what differs and never a value. */
import type { ThreeWay } from "../../peer/api.ts";
import { mask } from "../services/environmentMask.ts";
import { keyName, timeWord } from "./spaceWords.ts";
import { escapeHtml } from "./webviewPage.ts";

/** What the page is about. */
export interface ThreeWaySubject {
  readonly space: string;
  /** Name of the workspace folder. */
  readonly folder: string;
  readonly keys: readonly ThreeWayKey[];
}

/** A key; `replaced`: a commit put its value into the file over `mine`, which was kept. */
export interface ThreeWayKey extends ThreeWay {
  readonly replaced?: boolean;
}

/** The main part of the page: a row a key, with what it started from, the space's value and the one here. */
export function threeWayHtml(
  { space, folder, keys }: ThreeWaySubject,
  revealed: boolean,
  nowMs: number,
): string {
  const [reveal, icon] = revealed ? ["Hide Values", "true"] : ["Reveal Values", "false"];
  return `<header>
<h1>${escapeHtml(keys.map(keyName).join(", "))}</h1>
<p class="subtitle">${escapeHtml(`Space ${space} and the folder ${folder}`)}</p>
</header>
<div class="actions">
<button type="button" id="reveal" data-ask="${revealed ? "hide" : "reveal"}" aria-pressed="${icon}">${reveal}</button>
<button type="button" id="mine" data-ask="mine" class="secondary">Commit Mine…</button>
<button type="button" id="theirs" data-ask="theirs" class="secondary">Take The Space's…</button>
</div>
<table>
<thead><tr><th scope="col">Key</th><th scope="col">Both started from</th><th scope="col">The space now</th><th scope="col">Yours</th></tr></thead>
<tbody>
${keys.map((key) => keyHtml(key, revealed, nowMs)).join("\n")}
</tbody>
</table>
<p class="hint">${
    revealed
      ? "Values are shown until this page closes or you hide them."
      : "Values are masked. “Reveal Values” shows them on this page only."
  }</p>`;
}

function keyHtml(key: ThreeWayKey, revealed: boolean, nowMs: number): string {
  const { base, theirs, mine, author, atMs, revision } = key;
  const by = author === "" ? `r${revision}` : `r${revision} by ${author}, ${timeWord(atMs, nowMs)}`;
  const here = [
    changeWord(base, mine),
    ...(mine === theirs ? ["same as the space"] : []),
    ...(key.replaced === true ? [`replaced in the file by r${revision}, and kept`] : []),
  ];
  const cells = [
    valueHtml(base, "", revealed),
    valueHtml(theirs, `${by}: ${changeWord(base, theirs)}`, revealed),
    valueHtml(mine, here.join(", "), revealed),
  ];
  return `<tr><th scope="row">${escapeHtml(keyName(key))}</th>${cells.join("")}</tr>`;
}

/** What became of the value that both started from. */
export function changeWord(base: string | undefined, now: string | undefined): string {
  if (base === now) return "unchanged";
  if (now === undefined) return "deleted";
  return base === undefined ? "added" : "another value";
}

function valueHtml(value: string | undefined, note: string, revealed: boolean): string {
  const shown = value === undefined ? "not there" : revealed ? value : mask;
  const text = revealed && value === "" ? "(empty)" : shown;
  const below = note === "" ? "" : `<span class="note">${escapeHtml(note)}</span>`;
  return `<td class="value">${escapeHtml(text)}${below}</td>`;
}
