// Runs in the three-way page: passes its buttons on and takes over what the extension sends. Keeps no state, so that
// no value outlives the page.
const vscode = acquireVsCodeApi();
const main = document.getElementById("main");

main.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-ask]") : null;
  if (button !== null) vscode.postMessage({ ask: button.dataset.ask });
});

window.addEventListener("message", ({ data }) => {
  if (data?.kind !== "threeWay") return;
  const focused = document.activeElement?.id;
  main.innerHTML = data.html;
  if (focused) document.getElementById(focused)?.focus();
});

vscode.postMessage({ ask: "ready" });
