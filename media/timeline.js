// Runs in the timeline's webview: puts the marks in their places, lets the keyboard go from mark to mark, and takes
// over what the extension sends while the transaction runs.
const vscode = acquireVsCodeApi();
const main = document.getElementById("main");

/** Kept over a reload of the window; the extension finds the transaction again by it. */
let state = vscode.getState();

function place() {
  for (const element of main.querySelectorAll("[data-left]")) {
    element.style.left = `${element.dataset.left}%`;
    if (element.dataset.width !== undefined) element.style.width = `${element.dataset.width}%`;
  }
  const marks = marksOf();
  const known = marks.find((mark) => mark.id === state?.mark) ?? marks[0];
  if (known !== undefined) known.tabIndex = 0;
}

function marksOf() {
  return [...main.querySelectorAll("button.mark")];
}

function lanesOf() {
  return [...main.querySelectorAll(".lane")].map((lane) => [...lane.querySelectorAll("button.mark")]);
}

function choose(mark) {
  for (const other of marksOf()) other.tabIndex = other === mark ? 0 : -1;
  mark.focus();
}

/** The mark that an arrow key leads to: along the lane, or the nearest one of the next lane that has any. */
function neighbour(mark, key) {
  const lanes = lanesOf().filter((lane) => lane.length > 0);
  const row = lanes.findIndex((lane) => lane.includes(mark));
  const lane = lanes[row] ?? [];
  const at = lane.indexOf(mark);
  if (key === "ArrowRight") return lane[at + 1];
  if (key === "ArrowLeft") return lane[at - 1];
  if (key === "Home") return lane[0];
  if (key === "End") return lane.at(-1);
  const next = lanes[row + (key === "ArrowDown" ? 1 : -1)];
  const distance = (other) => Math.abs(Number(other.dataset.left) - Number(mark.dataset.left));
  return next?.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

function show(mark) {
  const detail = document.getElementById("detail");
  if (detail !== null) detail.textContent = mark.getAttribute("aria-label");
  for (const row of main.querySelectorAll("tr[data-mark]")) {
    row.classList.toggle("chosen", row.dataset.mark === mark.id);
  }
  state = { ...state, mark: mark.id };
  vscode.setState(state);
}

main.addEventListener("focusin", ({ target }) => {
  if (target instanceof Element && target.matches("button.mark")) show(target);
});
main.addEventListener("click", ({ target }) => {
  const mark = target instanceof Element ? target.closest("button.mark") : null;
  if (mark !== null) choose(mark);
});
main.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(key)) return;
  if (!(target instanceof Element) || !target.matches("button.mark")) return;
  event.preventDefault();
  const next = neighbour(target, key);
  if (next !== undefined) choose(next);
});

window.addEventListener("message", ({ data }) => {
  if (data?.kind !== "timeline") return;
  state = { ...state, folder: data.folder, tx: data.tx };
  vscode.setState(state);
  if (data.html === undefined || data.html === main.innerHTML) return;
  const focused = document.activeElement?.id;
  main.innerHTML = data.html;
  place();
  if (focused) document.getElementById(focused)?.focus();
});

place();
vscode.postMessage({ kind: "ready" });
