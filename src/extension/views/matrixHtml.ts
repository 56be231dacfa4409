/** Pure: the frame of the matrix's page. It names no key and no value; both come by message, row by row. */
import { aloneSign, inheritedSign, stateSigns } from "../../dotenv/comparison.ts";
import { cellStates } from "./matrixModel.ts";
import { escapeHtml } from "./webviewPage.ts";

const stateWords = { differs: "Differs", missing: "Missing", empty: "Empty", equal: "Equal" } as const;

/** What a press on a state's button leaves, for its tooltip. */
const stateHints = {
  differs: "Keys whose value is not the same in every environment",
  missing: "Keys that an environment lacks",
  empty: "Keys that an environment sets to an empty value",
  equal: "Keys with one value in every environment",
} as const;

/** The main part of the page. */
export function matrixHtml(): string {
  return `<header class="bar">
<h1 class="hidden">Environment Matrix</h1>
<select id="folder" aria-label="Folder" title="Folder whose environments are compared" hidden></select>
<input type="search" id="filter" placeholder="Filter keys" aria-label="Filter keys by name" spellcheck="false" autocomplete="off">
<div class="states" role="group" aria-label="Show keys that are">${cellStates.map(stateButton).join("")}</div>
<span id="alone" class="alone key-to" title="The only environment with a value, or the example's own value: compared with no other" hidden><span class="sign" aria-hidden="true">${aloneSign}</span>Only here</span>
<span id="inherited" class="inherited key-to" title="Not set in this file, which overrides one that sets it" hidden><span class="sign" aria-hidden="true">${inheritedSign}</span>Inherited</span>
<span id="count" class="hidden" role="status"></span>
<span class="right">
<button type="button" id="hide-all" title="Hide every value that was revealed here" hidden>Hide Values</button>
<button type="button" id="fill" title="Add the keys that an environment lacks, after a look at them" hidden>Fill Missing…</button>
</span>
</header>
<div id="grid" class="grid" role="grid" aria-label="Keys by environment">
<div class="head" role="row" aria-rowindex="1"></div>
<div class="canvas" role="rowgroup"></div>
</div>
<div id="nothing" class="nothing" hidden></div>
<footer id="detail" class="detail" aria-label="Selected cell" role="region">
<div class="what"><p id="detail-title"></p><p id="detail-words"></p><pre id="detail-value" hidden></pre></div>
<div class="buttons">
<button type="button" data-action="reveal">Reveal</button>
<button type="button" data-action="edit">Edit…</button>
<button type="button" id="more" aria-haspopup="menu" title="More actions (Shift+F10)">More…</button>
</div>
<p id="notices" class="notices" hidden></p>
</footer>
<div id="menu" class="menu" role="menu" aria-label="Actions" hidden></div>`;
}

function stateButton(state: (typeof cellStates)[number]): string {
  const title = escapeHtml(stateHints[state]);
  return `<button type="button" class="state ${state}" data-state="${state}" aria-pressed="false" title="${title}"><span class="sign" aria-hidden="true">${stateSigns[state]}</span>${stateWords[state]} <span class="number">0</span></button>`;
}
