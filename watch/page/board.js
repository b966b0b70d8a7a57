// A board on the screen: its title, its sortable columns, and of its rows those that are in view.

import { columns } from "./boards.js";
import { RowView } from "./row.js";

// Rows beyond both ends of the view, so that scrolling does not run ahead of them.
const BEYOND = 6;

function element(tag, className, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Rank first, which is the server's order; then descending, ascending and back. */
function following(sort, key) {
  if (key === "rank") return null;
  if (sort?.key !== key) return { key, down: key !== "symbol" };
  return sort.down === (key !== "symbol") ? { key, down: !sort.down } : null;
}

function sorted(rows, sort) {
  if (!sort) return rows;
  const { key } = sort;
  const turn = sort.down ? -1 : 1;
  const order = key === "symbol"
    ? (a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0)
    : (a, b) => a[key] - b[key];
  // Equals keep the order of their ranks either way.
  return rows.slice().sort((a, b) => turn * order(a, b) || a.rank - b.rank);
}

export class BoardView {
  #columns;
  #rows = [];
  #shown = [];
  #passes = () => true;
  #sort = null;
  #views = new Map();
  #spare = [];
  #prices = new Map();
  #active = null;
  #rowHeight = 0;
  #empty = "Waiting for the board";
  #height = 0;
  #onPick;
  #onSort;

  /**
   * @param board of boards.js.
   * @param section the element that it fills.
   * @param sort what it was sorted by when last seen; null: rank.
   * @param onPick called with a symbol that the user chooses.
   * @param onSort called with what the board is sorted by from now on.
   */
  constructor(board, section, { sort, onPick, onSort }) {
    this.#columns = columns(board);
    this.#sort = this.#columns.some(({ key }) => key === sort?.key) ? sort : null;
    this.#onPick = onPick;
    this.#onSort = onSort;
    this.#build(board, section);
    this.#tellSort();
    new ResizeObserver(() => this.#measure()).observe(this.view);
  }

  #build(board, section) {
    const heading = element("header", "heading");
    const title = element("h2", "", { id: `title-${board.name}` });
    title.textContent = board.title;
    const note = element("span", "note");
    note.textContent = board.note;
    this.count = element("span", "count");
    heading.append(title, note, this.count);

    this.grid = element("div", "grid", {
      role: "grid",
      tabindex: "0",
      "aria-labelledby": `title-${board.name}`,
      "aria-description": "Arrow keys choose a symbol, Enter shows its quote",
    });
    const titles = element("div", "titles", { role: "row", "aria-rowindex": "1" });
    this.titles = this.#columns.map((column) => {
      const cell = element("span", `cell ${column.key}`, { role: "columnheader" });
      const button = element("button", "sort", { type: "button", title: column.about });
      button.textContent = column.title;
      const arrow = element("span", "arrow", { "aria-hidden": "true" });
      button.append(arrow);
      button.addEventListener("click", () => this.#sortBy(column.key));
      cell.append(button);
      titles.append(cell);
      return { cell, arrow };
    });
    this.view = element("div", "view", { role: "rowgroup", tabindex: "-1" });
    this.space = element("div", "space", { role: "presentation" });
    this.window = element("div", "window", { role: "presentation" });
    this.nothing = element("p", "nothing");
    this.space.append(this.window);
    this.view.append(this.space);
    this.grid.append(titles, this.view);
    section.append(heading, this.grid, this.nothing);

    this.view.addEventListener("scroll", () => requestAnimationFrame(() => this.#fill()), { passive: true });
    this.view.addEventListener("click", ({ target }) => {
      const symbol = target.closest(".row")?.dataset.symbol;
      if (symbol) this.#pick(symbol);
    });
    this.grid.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Show a snapshot: rows as published, best first. */
  update(rows) {
    this.#rows = rows;
    this.#empty = "No symbols yet";
    this.#arrange();
    this.#tell();
    this.#prices = new Map(rows.map((row) => [row.symbol, row.close]));
  }

  /** Show no rows, and why. */
  refuse(words) {
    this.#rows = [];
    this.#empty = words;
    this.#arrange();
  }

  /** Show only rows for which `passes` holds. */
  filter(passes) {
    this.#passes = passes;
    this.#arrange();
  }

  /** The symbols of the board, best first. */
  symbols() {
    return this.#rows.map(({ symbol }) => symbol);
  }

  /** When the newest bar on the board ended, Unix milliseconds; 0: there is none. */
  newest() {
    return this.#rows.reduce((newest, { end_timestamp: end }) => (end > newest ? end : newest), 0);
  }

  #sortBy(key) {
    this.#sort = following(this.#sort, key);
    this.#onSort(this.#sort);
    this.#tellSort();
    this.view.scrollTop = 0;
    this.#arrange();
  }

  #tellSort() {
    this.#columns.forEach(({ key }, i) => {
      const { cell, arrow } = this.titles[i];
      const here = this.#sort ? this.#sort.key === key : key === "rank";
      const down = this.#sort ? this.#sort.down : false;
      cell.classList.toggle("sorted", here);
      arrow.textContent = here ? (down ? "\u2193" : "\u2191") : "";
      if (here) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  #arrange() {
    this.#shown = sorted(this.#rows.filter(this.#passes), this.#sort);
    this.grid.setAttribute("aria-rowcount", this.#shown.length + 1);
    const all = this.#rows.length;
    const shown = this.#shown.length;
    this.count.textContent = shown === all ? `${all}` : `${shown} of ${all}`;
    this.nothing.hidden = shown > 0;
    this.nothing.textContent = all ? "No symbol passes the filters" : this.#empty;
    if (this.#active && !this.#shown.some(({ symbol }) => symbol === this.#active)) this.#active = null;
    this.space.style.height = `${shown * this.#rowHeight}px`;
    this.#fill();
  }

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.view).getPropertyValue("--row-height"));
    this.#height = this.view.clientHeight;
    this.#arrange();
  }

  /** Put the rows in view on the page, each in the element it had before where it had one. */
  #fill() {
    const top = this.view.scrollTop;
    const first = Math.max(0, Math.floor(top / this.#rowHeight) - BEYOND) || 0;
    const last = Math.min(this.#shown.length, Math.ceil((top + this.#height) / this.#rowHeight) + BEYOND) || 0;
    const inView = this.#shown.slice(first, last);
    const symbols = new Set(inView.map(({ symbol }) => symbol));
    for (const [symbol, view] of this.#views) {
      if (symbols.has(symbol)) continue;
      this.#views.delete(symbol);
      this.#spare.push(view);
    }
    let place = this.window.firstElementChild;
    inView.forEach((row, i) => {
      let view = this.#views.get(row.symbol);
      if (!view) {
        view = this.#spare.pop() ?? new RowView(this.#columns);
        this.#views.set(row.symbol, view);
      }
      view.show(row, first + i, row.symbol === this.#active);
      if (view.element === place) place = place.nextElementSibling;
      else this.window.insertBefore(view.element, place);
    });
    while (place) {
      const rest = place.nextElementSibling;
      place.remove();
      place = rest;
    }
    this.window.style.transform = `translateY(${first * this.#rowHeight}px)`;
    this.#pointAtActive();
  }

  /** Tell of what has changed since the snapshot before. */
  #tell() {
    if (this.#prices.size === 0) return;
    for (const [symbol, view] of this.#views) {
      const before = this.#prices.get(symbol);
      const { close } = view;
      if (before === undefined) view.enter();
      else if (close !== before) view.tick(close > before ? "up" : "down");
    }
  }

  #onKey(event) {
    if (event.target !== this.grid || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.#active) {
      this.#onPick(this.#active);
      event.preventDefault();
      return;
    }
    const at = this.#shown.findIndex(({ symbol }) => symbol === this.#active);
    const page = Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.#shown.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const row = this.#shown[Math.max(0, Math.min(to, this.#shown.length - 1))];
    if (row) this.#activate(row.symbol);
  }

  #activate(symbol) {
    this.#active = symbol;
    const at = this.#shown.findIndex((row) => row.symbol === symbol);
    const top = at * this.#rowHeight;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    const lowest = top + this.#rowHeight - this.#height;
    if (lowest > this.view.scrollTop) this.view.scrollTop = lowest;
    this.#fill();
  }

  #pick(symbol) {
    this.#activate(symbol);
    this.#onPick(symbol);
  }

  #pointAtActive() {
    const view = this.#active && this.#views.get(this.#active);
    if (!view) {
      this.grid.removeAttribute("aria-activedescendant");
      return;
    }
    this.grid.setAttribute("aria-activedescendant", view.element.id);
  }
}
