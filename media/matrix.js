// Runs in the matrix's webview: filter, legend, details and menus around the table. Keeps names of keys over a reload
// and never a value: values come only for cells that were revealed, and go with the page.
import { Grid } from "./matrix-grid.js";
import { Menu } from "./matrix-menu.js";

/** How long typing into the filter is gathered, in milliseconds. */
const typingPauseMs = 80;

const vscode = acquireVsCodeApi();
const control = /^Mac/.test(navigator.platform) ? "⌘" : "Ctrl+";
const part = (id) => document.getElementById(id);
const filter = part("filter");
const folder = part("folder");
const stateButtons = [...document.querySelectorAll("[data-state]")];
const menu = new Menu(part("menu"));

/** What is kept over a reload of the window. */
let kept = { text: "", states: [], column: undefined, active: undefined, scroll: 0, ...vscode.getState() };
let matrix;
let restoring = true;
/** A filter is on its way, so the rows on the screen are not those of the next state. */
let filtering = false;
let typing;

const ask = (message) => vscode.postMessage(message);
const grid = new Grid(part("grid"), { ask, moved: () => moved() });

function keep(changes) {
  kept = { ...kept, ...changes };
  vscode.setState(kept);
}

function view() {
  return {
    text: kept.text,
    states: kept.states,
    ...(kept.active === undefined ? {} : { active: kept.active }),
  };
}

function askView(changes) {
  keep(changes);
  filtering = true;
  ask({ ask: "view", ...view() });
}

// The table

function moved() {
  const { data, file } = grid.active;
  keep({ active: data?.key ?? kept.active, column: file?.id });
  if (data !== undefined) ask({ ask: "detail", key: data.key, file: file?.id ?? "" });
  showDetail();
}

/** What is written below the table; the words of a cell come from the extension, a moment later. */
function showDetail(detail) {
  const { row, column, data, file, state } = grid.active;
  const isCell = row >= 0 && column > 0;
  const names =
    row === -1 ? [file?.name ?? "Key"] : [data?.key ?? "", ...(isCell ? [`in ${file?.name}`] : [])];
  part("detail-title").textContent = names.join(" ");
  const rest = row === -1 ? (file?.note ?? "") : isCell ? (detail?.words ?? "") : "";
  part("detail-words").textContent = rest;
  part("detail-value").textContent = detail?.value ?? "";
  part("detail-value").hidden = detail?.value === undefined;
  const assigned = isCell && hasValue(state);
  const [reveal] = document.querySelectorAll("[data-action=reveal]");
  const [edit] = document.querySelectorAll("[data-action=edit]");
  reveal.hidden = !assigned;
  reveal.textContent = data?.shown?.[column - 1] === undefined ? "Reveal" : "Hide";
  edit.hidden = !isCell || file?.writable !== true;
  edit.textContent = assigned ? "Edit…" : "Add…";
  part("more").hidden = matrix === undefined || matrix.columns.length === 0;
}

function hasValue(state) {
  return state === "=" || state === "!" || state === "1" || state === "0";
}

function act(action) {
  const { row, column, data, file, state } = grid.active;
  if (row < 0 || column === 0 || data === undefined || file === undefined) return;
  const needsValue = action !== "edit" && action !== "fill" && action !== "explain";
  const changes = action === "edit" || action === "fill" || action === "delete";
  if ((needsValue && !hasValue(state)) || (changes && !file.writable)) return;
  ask({ ask: "cell", action, key: data.key, file: file.id });
}

function actOnRow(action) {
  const { data } = grid.active;
  if (data !== undefined) ask({ ask: "row", action, key: data.key });
}

function actOnColumn(action) {
  const { file } = grid.active;
  if (file !== undefined) ask({ ask: "column", action, file: file.id });
}

function itemsOfCell() {
  const { data, column, file, state } = grid.active;
  const isShown = data.shown?.[column - 1] !== undefined;
  const item = (label, action, keys) => ({ label, keys, run: () => act(action) });
  if (!hasValue(state)) {
    const adding = file.writable ? [item("Add Key…", "edit", "Enter"), item("Fill From…", "fill")] : [];
    return [...adding, item("Explain Value", "explain")];
  }
  return [
    item(isShown ? "Hide Value" : "Reveal Value", "reveal", "Space"),
    ...(file.writable ? [item("Edit Value…", "edit", "Enter")] : []),
    item("Copy Value", "copy", `${control}C`),
    item("Copy To Environments…", "copyTo"),
    undefined,
    item("Go To Line", "goTo"),
    item("Explain Value", "explain"),
    ...(file.writable ? [undefined, item("Delete Key…", "delete", "Delete")] : []),
  ];
}

function itemsOfKey() {
  const { data } = grid.active;
  const isShown = Object.keys(data.shown ?? {}).length > 0;
  return [
    { label: "Copy Name", keys: `${control}C`, run: () => actOnRow("copyName") },
    {
      label: isShown ? "Hide Values Of This Key" : "Reveal Values Of This Key",
      keys: "Space",
      run: () => actOnRow("reveal"),
    },
  ];
}

function itemsOfColumn() {
  const { file } = grid.active;
  if (file === undefined) return [];
  return [
    { label: "Open File", keys: "Enter", run: () => actOnColumn("openFile") },
    ...(file.writable ? [{ label: "Fill Missing Keys…", run: () => actOnColumn("fillMissing") }] : []),
    { label: "Hide Values", run: () => actOnColumn("hideColumn") },
  ];
}

function openMenu(at) {
  const { row, column, data } = grid.active;
  if (row >= 0 && data === undefined) return;
  const items = row === -1 ? itemsOfColumn() : column === 0 ? itemsOfKey() : itemsOfCell();
  const below = grid.activeElement?.getBoundingClientRect();
  if (items.length === 0 || below === undefined) return;
  const from = document.activeElement;
  menu.open(items, at ?? { x: below.left + 12, y: below.bottom - 4 }, () =>
    from?.focus({ preventScroll: true }),
  );
}

function enter(row, column) {
  if (row === -1) actOnColumn("openFile");
  else if (column === 0) openMenu();
  else act("edit");
}

function keyInGrid(event) {
  const { row, column } = grid.active;
  const place = grid.placeFor(event);
  const copies = event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey);
  const isMenu = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  const isCell = row >= 0 && column > 0;
  if (place !== undefined) grid.moveTo(place);
  else if (isMenu) openMenu();
  else if (event.key === "Enter" || event.key === "F2") enter(row, column);
  else if (event.key === " ") isCell ? act("reveal") : row >= 0 && actOnRow("reveal");
  else if (copies) isCell ? act("copy") : row >= 0 && actOnRow("copyName");
  else if (event.key === "Delete" && isCell) act("delete");
  else if (event.key === "/" || (event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey))) {
    filter.focus();
    filter.select();
  } else return;
  // VS Code sees keys of a webview as well; these are the table's.
  event.preventDefault();
  event.stopPropagation();
}

// What the extension says

function takeMatrix(message) {
  const first = matrix === undefined;
  const sameFolder = matrix?.folder === message.folder;
  const keepRows = sameFolder && !filtering;
  filtering = false;
  matrix = message;
  keep({ folder: message.folder });
  const column = 1 + message.columns.findIndex(({ id }) => id === kept.column);
  const row = message.active;
  const remembered = row === -1 ? grid.active.row : row;
  const place = {
    row: first && row === -1 ? 0 : remembered,
    column: column === 0 && first ? 1 : column || grid.active.column,
  };
  grid.update(message, { place, keep: keepRows });
  if (restoring) part("grid").scrollTop = kept.scroll;
  restoring = false;
  showBar();
  showNothing();
  moved();
}

function showBar() {
  const { folders, counts, rows, inherits, alone, revealed, notices } = matrix;
  folder.hidden = folders.length < 2;
  folder.replaceChildren(
    ...folders.map(({ id, label }) => new Option(label, id, false, id === matrix.folder)),
  );
  for (const button of stateButtons) {
    const { state } = button.dataset;
    button.setAttribute("aria-pressed", String(kept.states.includes(state)));
    button.querySelector(".number").textContent = counts[state].toLocaleString("en");
  }
  const all = counts.all.toLocaleString("en");
  const keys = counts.all === 1 ? "key" : "keys";
  const count = rows === counts.all ? `${all} ${keys}` : `${rows.toLocaleString("en")} of ${all} ${keys}`;
  // Said to screen readers when it changes, and shown above the keys. A cell that fills says nothing by itself.
  const shown = revealed === 0 ? "" : `, ${revealed === 1 ? "1 value" : `${revealed} values`} shown`;
  part("count").textContent = count + shown;
  grid.count(count);
  part("inherited").hidden = !inherits;
  part("alone").hidden = !alone;
  part("hide-all").hidden = revealed === 0;
  part("fill").hidden = counts.missing === 0;
  part("notices").textContent = notices.join(" ");
  part("notices").hidden = notices.length === 0;
}

/** What stands in the place of a table without rows. */
function showNothing() {
  const { columns, counts, rows } = matrix;
  const nothing = part("nothing");
  nothing.hidden = rows > 0;
  part("grid").hidden = columns.length === 0;
  part("grid").classList.toggle("none", rows === 0);
  part("detail").classList.toggle("none", rows === 0);
  part("detail").hidden = rows === 0 && matrix.notices.length === 0;
  if (rows > 0) return;
  const button = document.createElement("button");
  button.type = "button";
  const [text, label, run] =
    columns.length === 0
      ? ["There is no .env file in this folder.", "New Environment", () => ask({ ask: "newEnvironment" })]
      : counts.all === 0
        ? ["No environment of this folder has a key yet.", "", undefined]
        : ["No key passes the filter.", "Show All Keys", clearFilter];
  const words = document.createElement("p");
  words.textContent = text;
  button.textContent = label;
  button.hidden = run === undefined;
  if (run !== undefined) button.addEventListener("click", run);
  nothing.replaceChildren(words, button);
}

function clearFilter() {
  filter.value = "";
  askView({ text: "", states: [] });
  filter.focus();
}

window.addEventListener("message", ({ data }) => {
  if (data?.kind === "matrix") takeMatrix(data);
  else if (data?.kind === "rows") grid.takeRows(data);
  else if (data?.kind === "detail") {
    const { data: row, file } = grid.active;
    if (row?.key === data.key && file?.id === data.file) showDetail(data);
  }
});

/** What had the keyboard last; VS Code takes it away for its own boxes, and gives it back to the page alone. */
let lastFocused;
document.addEventListener("focusin", ({ target }) => {
  lastFocused = target;
});
window.addEventListener("focus", () => {
  if (document.activeElement !== document.body) return;
  const inGrid = lastFocused?.closest("[role=grid]");
  (inGrid ? grid.activeElement : lastFocused)?.focus({ preventScroll: true });
});

// Wires

part("grid").addEventListener("keydown", keyInGrid);
part("grid").addEventListener("dblclick", ({ target }) => {
  if (target instanceof Element && target.closest(".cell.value") !== null) act("edit");
});
part("grid").addEventListener("contextmenu", (event) => {
  event.preventDefault();
  event.stopPropagation();
  const cell = event.target instanceof Element ? event.target.closest(".cell") : null;
  cell?.focus({ preventScroll: true });
  openMenu(event.clientX > 0 ? { x: event.clientX, y: event.clientY } : undefined);
});
part("grid").addEventListener(
  "scroll",
  () => {
    if (!restoring) keep({ scroll: part("grid").scrollTop });
  },
  { passive: true },
);
filter.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => askView({ text: filter.value }), typingPauseMs);
});
filter.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && filter.value !== "") clearFilter();
  else if (event.key === "ArrowDown" || event.key === "Enter" || event.key === "Escape") grid.focus();
  else return;
  event.preventDefault();
});
for (const button of stateButtons) {
  button.addEventListener("click", () => {
    const { state } = button.dataset;
    const states = kept.states.includes(state)
      ? kept.states.filter((other) => other !== state)
      : [...kept.states, state];
    askView({ states });
  });
}
folder.addEventListener("change", () => ask({ ask: "folder", folder: folder.value }));
part("hide-all").addEventListener("click", () => ask({ ask: "hideAll" }));
part("fill").addEventListener("click", () => ask({ ask: "fillAny" }));
part("more").addEventListener("click", () => {
  const { left, top } = part("more").getBoundingClientRect();
  openMenu({ x: left, y: top });
});
for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => act(button.dataset.action));
}

filter.value = kept.text;
ask({ ask: "ready", ...view() });
