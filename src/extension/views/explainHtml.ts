/** Pure: the page that explains a value. Values are in it only where they were revealed. */
import { signedWords } from "../../dotenv/comparison.ts";
import { conventionIds, conventions } from "../../dotenv/conventions.ts";
import type { ExplainedPlace, ExplainedReference, Explanation } from "../../dotenv/explain.ts";
import { mask, revealedText } from "../services/environmentMask.ts";
import { escapeHtml } from "./webviewPage.ts";

/** What the page is about. */
export interface ExplainSubject {
  readonly explanation: Explanation;
  /** Shown name of the folder. */
  readonly folder: string;
  /** The choice in the convention's list: `auto` or an id. */
  readonly choice: string;
  /** Why the convention is the one it is. */
  readonly reason: string;
  readonly modes: readonly string[];
  /** The effective value, when it was revealed. */
  readonly value: string | undefined;
  /** Values of the places that were revealed, by file name. */
  readonly values: ReadonlyMap<string, string>;
}

/** The main part of the page. */
export function explainHtml(subject: ExplainSubject): string {
  const { explanation, folder } = subject;
  const { key } = explanation.question;
  return `<header>
<h1>${escapeHtml(key)}</h1>
<p class="subtitle">${escapeHtml(`Value in ${folder}`)}</p>
</header>
${choicesHtml(subject)}
${verdictHtml(subject)}
<section aria-labelledby="files-title">
<h2 id="files-title">Files, the winning one first</h2>
<table class="places">
<thead><tr><th scope="col">Read from</th><th scope="col">Line</th><th scope="col">State</th><th scope="col">Value</th></tr></thead>
<tbody>
${environmentHtml(explanation)}
${explanation.places.map((place) => placeHtml(place, subject)).join("\n")}
</tbody>
</table>
</section>
${referencesHtml(subject)}
<p class="hint">Nothing is executed: $(…) stays as it is written. Values are masked until you reveal them, and again when this page closes.</p>`;
}

function choicesHtml({ explanation, choice, reason, modes }: ExplainSubject): string {
  const { convention, mode } = explanation.question;
  const options = ["auto", ...conventionIds].map((id) => {
    const label = id === "auto" ? "Detect from the folder" : labelOf(id as keyof typeof conventions);
    return `<option value="${id}"${id === choice ? " selected" : ""}>${escapeHtml(label)}</option>`;
  });
  const modeOptions = modes.map(
    (each) => `<option${each === mode ? " selected" : ""}>${escapeHtml(each)}</option>`,
  );
  const modeField =
    convention.id === "plain"
      ? ""
      : `<label>Mode <select id="mode" data-choice="mode">${modeOptions.join("")}</select></label>`;
  return `<div class="choices">
<label>Convention <select id="convention" data-choice="convention">${options.join("")}</select></label>
${modeField}
<span class="hint">${escapeHtml(reason)}</span>
</div>`;
}

/** A convention in a list. */
export function labelOf(id: keyof typeof conventions): string {
  return id === "plain" ? "This file only (dotenv)" : conventions[id].reader;
}

function verdictHtml({ explanation, value }: ExplainSubject): string {
  const { winner, question } = explanation;
  const { key } = question;
  if (winner === undefined) {
    return `<p class="outcome aborted" role="status">Nobody sets ${escapeHtml(key)}: it is undefined here.</p>`;
  }
  const who =
    winner.source === "environment"
      ? `The process environment of this window has ${escapeHtml(key)} and stands above every file.`
      : `${linkHtml(winner.place.file, winner.place.line)} wins${shadowedWords(explanation)}.`;
  const shown = value === undefined ? mask : revealedText(value);
  const reveal =
    explanation.value === undefined
      ? `<span class="hint">The value grows too long to be shown.</span>`
      : buttonHtml("", value !== undefined, "effective value");
  return `<p class="outcome committed" role="status">${who}</p>
<p class="effective"><span>Effective value</span> <code>${escapeHtml(shown)}</code> ${reveal}</p>`;
}

function shadowedWords({ places }: Explanation): string {
  const shadowed = places.filter(({ role }) => role === "shadowed").map(({ file }) => escapeHtml(file));
  return shadowed.length === 0 ? "" : ` and shadows ${shadowed.join(", ")}`;
}

function environmentHtml({ environmentHasKey }: Explanation): string {
  const state = environmentHasKey
    ? `<td class="state wins">set, stands above every file</td>`
    : `<td class="state none">not set</td>`;
  return `<tr><th scope="row">Process environment</th><td></td>${state}<td></td></tr>`;
}

function placeHtml(place: ExplainedPlace, { values, explanation }: ExplainSubject): string {
  const { file, line, role } = place;
  const wins = role === "wins" && !explanation.environmentHasKey;
  const name = role === "absent" ? escapeHtml(file) : linkHtml(file, line);
  const shown = values.get(file);
  const value =
    line === undefined
      ? ""
      : `<code>${escapeHtml(shown === undefined ? mask : revealedText(shown))}</code> ${buttonHtml(file, shown !== undefined, `value in ${file}`)}`;
  return `<tr${wins ? ' class="chosen"' : ""}><th scope="row">${name}</th><td class="number">${line ?? ""}</td><td class="state ${wins ? "wins" : role}">${placeWords(place, explanation)}</td><td class="value">${value}</td></tr>`;
}

function placeWords(
  { role, state, hiddenLines }: ExplainedPlace,
  { environmentHasKey }: Explanation,
): string {
  const words: string[] = [];
  if (role === "wins") words.push(environmentHasKey ? "wins over the other files" : "wins");
  if (role === "not-set") words.push("does not set it");
  if (role === "absent") words.push("there is no such file");
  if (role === "unreadable") words.push("cannot be read");
  if (role === "skipped") words.push("not read in the mode test");
  if (state === "empty") words.push(signedWords("empty"));
  else if (role === "shadowed" || role === "skipped") {
    if (state === "same") words.push(signedWords("equal"));
    if (state === "differs") words.push(signedWords("differs"));
  }
  if (role === "shadowed") words.unshift("shadowed");
  if (hiddenLines.length > 0) words.push(`hides line ${hiddenLines.join(", ")} of the same file`);
  return escapeHtml(words.join(" · "));
}

function referencesHtml({ explanation, value }: ExplainSubject): string {
  const { references, referencesCut } = explanation;
  if (references.length === 0) return "";
  const cut = referencesCut ? `<p class="hint">More references are there than are listed.</p>` : "";
  return `<section aria-labelledby="references-title">
<h2 id="references-title">References in the value</h2>
${listHtml(references, value !== undefined)}
${cut}
</section>`;
}

function listHtml(references: readonly ExplainedReference[], revealed: boolean): string {
  const items = references.map((reference) => referenceHtml(reference, revealed));
  return `<ul class="references">${items.join("")}</ul>`;
}

function referenceHtml(reference: ExplainedReference, revealed: boolean): string {
  const { kind, name, bare, source, nested } = reference;
  // A `$` in a password looks like a reference, and the name that nobody sets is then a piece of the password.
  const masked = bare && source === "undefined" && !revealed;
  const shown = kind === "command" ? "$(…)" : masked ? "$…" : bare ? `$${name}` : `\${${name}}`;
  const below = nested.length === 0 ? "" : listHtml(nested, revealed);
  return `<li><code>${escapeHtml(shown)}</code> ${sourceWords(reference)}${below}</li>`;
}

function sourceWords({ kind, source, file, line }: ExplainedReference): string {
  if (kind === "command") return "a command: kept as it is written, never run here";
  switch (source) {
    case "file":
      return `from ${linkHtml(file ?? "", line)}, line ${line}`;
    case "environment":
      return "from the process environment of this window";
    case "default":
      return "is not set, so its default counts";
    case "alternative":
      return "is set, so the alternative behind it counts";
    case "unused":
      return "is not set, so this reads as empty";
    case "undefined":
      return `<span class="warning">nobody sets it, so it reads as empty</span>`;
    case "cycle":
      return `<span class="warning">leads back to itself, so it reads as empty</span>`;
    case "too-deep":
      return `from ${linkHtml(file ?? "", line)}, line ${line}; not followed any deeper`;
  }
}

function linkHtml(file: string, line: number | undefined): string {
  const place = line === undefined ? file : `${file}, line ${line}`;
  return `<button type="button" class="link" data-open="${escapeHtml(file)}" data-line="${line ?? 1}" title="${escapeHtml(`Open ${place}`)}">${escapeHtml(file)}</button>`;
}

/** Reveals or hides the value of a file; of "" the effective value. */
function buttonHtml(file: string, shown: boolean, what: string): string {
  const word = shown ? "Hide" : "Reveal";
  return `<button type="button" class="small" id="reveal-${escapeHtml(file)}" data-reveal="${escapeHtml(file)}" aria-pressed="${shown}" aria-label="${escapeHtml(`${word} the ${what}`)}">${word}</button>`;
}
