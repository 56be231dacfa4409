// The matrix's menu of a cell, a key or an environment: opened by the menu key, a right click or a button.

/** Opens under a point, takes the keyboard, and gives it back. */
export class Menu {
  #element;
  #closed = () => undefined;

  constructor(element) {
    this.#element = element;
    element.addEventListener("click", ({ target }) => {
      const item = target instanceof Element ? target.closest("[role=menuitem]") : null;
      if (item !== null) this.#choose(item);
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("pointermove", ({ target }) => {
      if (target instanceof Element) target.closest("[role=menuitem]")?.focus({ preventScroll: true });
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!element.hidden && !element.contains(target)) this.close();
    });
    window.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return !this.#element.hidden;
  }

  /** `items`: `{ label, keys, run }`, or `undefined` for a line between. `closed` runs when it goes, before `run`. */
  open(items, { x, y }, closed) {
    this.#closed = closed;
    this.#element.replaceChildren(...items.map((item) => this.#row(item)));
    this.#element.hidden = false;
    const { offsetWidth, offsetHeight } = this.#element;
    const left = Math.max(4, Math.min(x, window.innerWidth - offsetWidth - 4));
    const top = Math.max(4, Math.min(y, window.innerHeight - offsetHeight - 4));
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${top}px`;
    this.#items()[0]?.focus();
  }

  close() {
    if (this.#element.hidden) return;
    this.#element.hidden = true;
    this.#closed();
  }

  #row(item) {
    const row = document.createElement("div");
    if (item === undefined) {
      row.setAttribute("role", "separator");
      return row;
    }
    row.setAttribute("role", "menuitem");
    row.tabIndex = -1;
    const label = document.createElement("span");
    label.textContent = item.label;
    row.append(label);
    if (item.keys !== undefined) {
      const keys = document.createElement("span");
      keys.className = "shortcut";
      keys.textContent = item.keys;
      keys.setAttribute("aria-hidden", "true");
      row.append(keys);
    }
    row.run = item.run;
    return row;
  }

  #items() {
    return [...this.#element.querySelectorAll("[role=menuitem]")];
  }

  #choose(item) {
    this.close();
    item.run();
  }

  #key(event) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (go !== undefined) items.at(go % items.length)?.focus();
    else if (event.key === "Enter" || event.key === " ") items[at]?.click();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
