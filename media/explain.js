// Runs in the page that explains a value: passes choices on and takes over what the extension sends. Keeps what is
// asked over a reload, and never a value.
const vscode = acquireVsCodeApi();
const main = document.getElementById("main");

main.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  if (button === null) return;
  const { open, line, reveal } = button.dataset;
  if (open !== undefined) vscode.postMessage({ ask: "open", file: open, line: Number(line) });
  if (reveal !== undefined) vscode.postMessage({ ask: "reveal", file: reveal });
});

main.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLSelectElement)) return;
  vscode.postMessage({ ask: target.dataset.choice, choice: target.value });
});

window.addEventListener("message", ({ data }) => {
  if (data?.kind !== "explain") return;
  const { file, key, convention, mode } = data;
  vscode.setState({ file, key, convention, mode });
  const focused = document.activeElement?.id;
  main.innerHTML = data.html;
  if (focused) document.getElementById(focused)?.focus();
});

vscode.postMessage({ ask: "ready" });
