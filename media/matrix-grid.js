// The matrix's table: only the rows on the screen are in the document, and one cell at a time takes the keyboard.

/** Height of a row, in pixels; the style has the same. */
export const rowHeight = 30;
/** Rows kept beyond either edge of the screen. */
const overscanRows = 6;
/** Rows that the extension sends at once. */
const rowsPerMessage = 64;

const states = {
  "=": { name: "equal", sign: "=", words: "equal" },
  "!": { name: "differs", sign: "≠", words: "differs" },
  1: { name: "alone", sign: "•", words: "only here" },
  0: { name: "empty", sign: "∅", words: "empty" },
  "-": { name: "missing", sign: "–", words: "missing" },
  "^": { name: "inherited", sign: "↑", words: "not set here, taken from another file" },
};

/** A, B, …, Z, AA, … for the groups of equal values in a row. */
function letterOf(group) {
  const rest = Math.floor((group - 1) / 26);
  return (rest > 0 ? letterOf(rest) : "") + String.fromCharCode(65 + ((group - 1) % 26));
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** `row` -1 is the header, `column` 0 the keys. */
export class Grid {
  #element;
  #head;
  #canvas;
  #ask;
  #moved;
  #matrix = { revision: -1, columns: [], rows: 0 };
  /** Rows as they came, by place; those of an older revision stay on the screen until the new ones are here. */
  #rows = new Map();
  #asked = new Set();
  #elements = new Map();
  #active = { row: 0, column: 1 };

  /** `ask` sends a wish to the extension, `moved` is told when the keyboard goes to another cell or its row comes. */
  constructor(element, { ask, moved }) {
    this.#element = element;
    this.#head = element.querySelector(".head");
    this.#canvas = element.querySelector(".canvas");
    this.#ask = ask;
    this.#moved = moved;
    element.addEventListener("scroll", () => this.#render(), { passive: true });
    element.addEventListener("focusin", ({ target }) => this.#focused(target));
    new ResizeObserver(() => this.#render()).observe(element);
  }

  /** Where the keyboard is, and what is there: the column's and the row's data, where they are known. */
  get active() {
    const { row, column } = this.#active;
    const data = this.#rows.get(row);
    return { row, column, data, file: this.#matrix.columns[column - 1], state: data?.states[column - 1] };
  }

  get activeElement() {
    return this.#cellAt(this.#active);
  }

  /** Takes over another state of the matrix. `place` puts the keyboard somewhere; `keep` leaves old rows on the screen. */
  update(matrix, { place, keep }) {
    const focused = this.#element.contains(document.activeElement);
    const sameColumns = JSON.stringify(matrix.columns) === JSON.stringify(this.#matrix.columns);
    this.#matrix = matrix;
    this.#asked.clear();
    if (!keep) this.#rows.clear();
    for (const row of [...this.#rows.keys()]) if (row >= matrix.rows) this.#rows.delete(row);
    this.#element.setAttribute("aria-rowcount", String(matrix.rows + 1));
    this.#element.setAttribute("aria-colcount", String(matrix.columns.length + 1));
    this.#element.style.setProperty("--columns", String(matrix.columns.length));
    this.#canvas.style.height = `${matrix.rows * rowHeight}px`;
    if (!sameColumns) this.#rebuild();
    this.#active = this.#within(place ?? this.#active);
    this.#render();
    for (const [row, element] of this.#elements) this.#fill(element, row);
    this.#mark();
    if (focused) this.activeElement?.focus({ preventScroll: true });
  }

  /** Takes over rows that were asked for. */
  takeRows({ revision, from, rows }) {
    if (revision !== this.#matrix.revision) return;
    for (const [at, row] of rows.entries()) {
      this.#rows.set(from + at, row);
      const element = this.#elements.get(from + at);
      if (element !== undefined) this.#fill(element, from + at);
    }
    const { row } = this.#active;
    if (row >= from && row < from + rows.length) this.#moved();
  }

  /** Writes above the keys how many there are. */
  count(words) {
    const [note] = this.#head.querySelectorAll(".corner .note");
    if (note !== undefined) note.textContent = words;
  }

  /** Puts the keyboard on the active cell. */
  focus() {
    this.moveTo(this.#active);
  }

  /** Puts the keyboard on a cell, or the nearest that there is, and brings it onto the screen. */
  moveTo(place) {
    this.#active = this.#within(place);
    const { row } = this.#active;
    if (row >= 0) {
      const top = row * rowHeight;
      const height = this.#element.clientHeight - this.#head.offsetHeight;
      if (top < this.#element.scrollTop) this.#element.scrollTop = top;
      else if (top + rowHeight > this.#element.scrollTop + height) {
        this.#element.scrollTop = top + rowHeight - height;
      }
    }
    this.#render();
    this.#mark();
    const cell = this.activeElement;
    cell?.focus({ preventScroll: true });
    if (this.#active.column > 0) cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#moved();
  }

  /** Where a key of the keyboard leads to from the active cell; `undefined` for keys that do not move. */
  placeFor({ key, ctrlKey, metaKey }) {
    const { row, column } = this.#active;
    const { rows, columns } = this.#matrix;
    const far = ctrlKey || metaKey;
    const screen = Math.max(1, Math.floor(this.#element.clientHeight / rowHeight) - 2);
    switch (key) {
      case "ArrowUp":
        return { row: far ? 0 : row - 1, column };
      case "ArrowDown":
        return { row: far ? rows - 1 : row + 1, column };
      case "ArrowLeft":
        return { row, column: far ? 0 : column - 1 };
      case "ArrowRight":
        return { row, column: far ? columns.length : column + 1 };
      case "Home":
        return { row: far ? 0 : row, column: 0 };
      case "End":
        return { row: far ? rows - 1 : row, column: columns.length };
      case "PageUp":
        return { row: Math.max(0, row - screen), column };
      case "PageDown":
        return { row: row + screen, column };
      default:
        return undefined;
    }
  }

  #within({ row, column }) {
    const { rows, columns } = this.#matrix;
    return {
      row: Math.max(-1, Math.min(row, rows - 1)),
      column: Math.max(0, Math.min(column, columns.length)),
    };
  }

  #cellAt({ row, column }) {
    const element = row === -1 ? this.#head : this.#elements.get(row);
    return element?.children[column];
  }

  #focused(target) {
    const cell = target instanceof Element ? target.closest(".cell") : null;
    if (cell === null) return;
    const row = Number(cell.parentElement.getAttribute("aria-rowindex")) - 2;
    const column = Number(cell.getAttribute("aria-colindex")) - 1;
    if (row === this.#active.row && column === this.#active.column) return;
    this.#active = { row, column };
    this.#render();
    this.#mark();
    this.#moved();
  }

  /** Only the active cell is in the tab order. */
  #mark() {
    for (const other of this.#element.querySelectorAll(".active")) {
      other.classList.remove("active");
      other.tabIndex = -1;
    }
    const cell = this.activeElement;
    if (cell === undefined) return;
    cell.classList.add("active");
    cell.tabIndex = 0;
  }

  #rebuild() {
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
    const corner = this.#cell("top corner key", "columnheader", 0);
    corner.append(make("span", "title", "Key"), make("span", "note"));
    const heads = this.#matrix.columns.map(({ name, note, isExample, writable }, at) => {
      const head = this.#cell(`top${isExample ? " example" : ""}`, "columnheader", at + 1);
      head.append(make("span", "title", name), make("span", "note", note));
      head.title = `${name}: ${note}`;
      if (!writable) head.setAttribute("aria-readonly", "true");
      return head;
    });
    this.#head.replaceChildren(corner, ...heads);
  }

  #cell(className, role, column) {
    const cell = make("div", `cell ${className}`);
    cell.setAttribute("role", role);
    cell.setAttribute("aria-colindex", String(column + 1));
    cell.tabIndex = -1;
    return cell;
  }

  /** Brings the rows into the document that are on the screen, and asks for those that are not here yet. */
  #render() {
    const { scrollTop, clientHeight } = this.#element;
    const { rows } = this.#matrix;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscanRows);
    const last = Math.min(rows - 1, Math.ceil((scrollTop + clientHeight) / rowHeight) + overscanRows);
    const isWanted = (row) =>
      row >= 0 && row < rows && ((row >= first && row <= last) || row === this.#active.row);
    for (const [row, element] of this.#elements) {
      if (isWanted(row)) continue;
      element.remove();
      this.#elements.delete(row);
    }
    for (let row = first; row <= last; row += 1) this.#show(row);
    if (isWanted(this.#active.row)) this.#show(this.#active.row);
  }

  #show(row) {
    this.#want(row);
    if (this.#elements.has(row)) return;
    const element = make("div", "keys");
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", String(row + 2));
    element.style.top = `${row * rowHeight}px`;
    element.append(this.#cell("key", "rowheader", 0));
    for (let column = 1; column <= this.#matrix.columns.length; column += 1) {
      element.append(this.#cell("value", "gridcell", column));
    }
    this.#fill(element, row);
    // In the order of the rows, which is the order in which a screen reader reads them.
    const later = [...this.#elements.keys()].filter((other) => other > row);
    const before = later.length === 0 ? null : this.#elements.get(Math.min(...later));
    this.#canvas.insertBefore(element, before);
    this.#elements.set(row, element);
    if (row === this.#active.row) this.#mark();
  }

  #want(row) {
    const from = row - (row % rowsPerMessage);
    if (this.#asked.has(from)) return;
    this.#asked.add(from);
    this.#ask({ ask: "rows", revision: this.#matrix.revision, from });
  }

  #fill(element, row) {
    const data = this.#rows.get(row);
    const [key, ...cells] = element.children;
    element.classList.toggle("waiting", data === undefined);
    key.textContent = data?.key ?? "";
    key.title = data?.key ?? "";
    for (const [at, cell] of cells.entries()) this.#fillCell(cell, data, at);
  }

  #fillCell(cell, data, at) {
    const { isExample } = this.#matrix.columns[at] ?? {};
    const state = states[data?.states[at]];
    const active = cell.classList.contains("active") ? " active" : "";
    cell.className = `cell value${isExample ? " example" : ""}${state ? ` ${state.name}` : ""}${active}`;
    if (state === undefined) return cell.replaceChildren();
    const group = data.groups?.[at] ?? 0;
    const shown = data.shown?.[at];
    const sign = make("span", "sign", state.sign);
    sign.setAttribute("aria-hidden", "true");
    const told = isExample && state.name === "alone" ? "the example's value" : state.words;
    const words = group > 0 ? `${told}, value ${letterOf(group)}` : told;
    const parts = [sign, make("span", "hidden", words)];
    if (group > 0) {
      const letter = make("span", "letter", letterOf(group));
      letter.setAttribute("aria-hidden", "true");
      parts.push(letter);
    }
    if (shown !== undefined) parts.push(make("span", "shown", shown));
    cell.replaceChildren(...parts);
  }
}
