// A board on the screen: its heading, its sortable columns, and the rows that are in view.

import { make, makeText } from "../elements.js";
import { newestEnd } from "../row.js";
import { columns } from "./columns.js";
import { RowView } from "./row-view.js";
import { nextSort, sortedRows } from "./sorting.js";

/** @import { Board, Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */
/** @import { Sort } from "./sorting.js" */

/** Rows that are rendered above and below the view, so that a quick scroll finds them there. */
const OVERSCAN = 6;

/** Shows one board in its section. */
export class BoardView {
  #columns;
  /** As published. @type {Row[]} */
  #rows = [];
  /** Filtered and sorted. @type {Row[]} */
  #shown = [];
  /** @type {(row: Row) => boolean} */
  #passes = () => true;
  /** @type {Sort} */
  #sort;
  /** The rows in view, by symbol. @type {Map<string, RowView>} */
  #views = new Map();
  /** For other symbols. @type {RowView[]} */
  #unused = [];
  /** Of the snapshot before, by symbol. @type {Map<string, number | undefined>} */
  #prices = new Map();
  /** The symbol that the keyboard is at. @type {string | null} */
  #active = null;
  #rowHeight = 0;
  #height = 0;
  #emptyText = "Waiting for the board";
  #onPick;
  #onSort;
  #grid;
  #titles;
  #count = make("span", "count");
  #view = make("div", "view", { role: "rowgroup", tabindex: "-1" });
  #space = make("div", "space", { role: "presentation" });
  #window = make("div", "window", { role: "presentation" });
  #nothing = make("p", "nothing");

  /**
   * @param {Board} board
   * @param {Field[]} fields
   * @param {Element} section the element to fill
   * @param {object} options
   * @param {any} options.sort what it was sorted by when last seen, as stored
   * @param {(symbol: string) => void} options.onPick called with a symbol that the user chose
   * @param {(sort: Sort) => void} options.onSort called with what the board is sorted by from now on
   */
  constructor(board, fields, section, { sort, onPick, onSort }) {
    this.#columns = columns(board, fields);
    this.#sort = this.#columns.some(({ key }) => key === sort?.key) ? sort : null;
    this.#onPick = onPick;
    this.#onSort = onSort;
    this.#titles = this.#columns.map((column) => this.#title(column));
    this.#grid = make("div", "grid", {
      role: "grid",
      tabindex: "0",
      "aria-labelledby": `title-${board.name}`,
      "aria-description": "Arrow keys choose a symbol, Enter shows its quote",
    });
    this.#build(board, section);
    this.#listen();
    this.#showSort();
    new ResizeObserver(() => this.#measure()).observe(this.#view);
  }

  /** @param {import("./columns.js").Column} column */
  #title({ key, title, about }) {
    const cell = make("span", `cell ${key}`, { role: "columnheader" });
    const button = make("button", "sort", { type: "button", title: about });
    const arrow = make("span", "arrow", { "aria-hidden": "true" });
    button.append(makeText("span", "title", title), arrow);
    button.addEventListener("click", () => this.#sortBy(key));
    cell.append(button);
    return { cell, arrow };
  }

  /**
   * @param {Board} board
   * @param {Element} section
   */
  #build(board, section) {
    const heading = make("header", "heading");
    const title = makeText("h2", "", board.title);
    title.id = `title-${board.name}`;
    heading.append(title, makeText("span", "note", board.caption), this.#count);
    const titles = make("div", "titles", { role: "row", "aria-rowindex": "1" });
    titles.append(...this.#titles.map(({ cell }) => cell));
    this.#space.append(this.#window);
    this.#view.append(this.#space);
    this.#grid.append(titles, this.#view);
    section.append(heading, this.#grid, this.#nothing);
  }

  #listen() {
    this.#view.addEventListener("scroll", () => requestAnimationFrame(() => this.#render()), { passive: true });
    this.#view.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest(".row") : null;
      if (row instanceof HTMLElement && row.dataset.symbol) this.#pick(row.dataset.symbol);
    });
    this.#grid.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Show a snapshot.
   *
   * @param {Row[]} rows as published, best first
   */
  update(rows) {
    this.#rows = rows;
    this.#emptyText = "No symbols yet";
    this.#arrange();
    this.#showChanges();
    this.#prices = new Map(rows.map(({ symbol, close }) => [symbol, close]));
  }

  /**
   * Show no rows, and why.
   *
   * @param {string} reason
   */
  clear(reason) {
    this.#rows = [];
    this.#emptyText = reason;
    this.#arrange();
  }

  /**
   * Show only the rows that pass.
   *
   * @param {(row: Row) => boolean} passes
   */
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
    return newestEnd(this.#rows);
  }

  /** @param {string} key */
  #sortBy(key) {
    this.#sort = nextSort(this.#sort, key);
    this.#onSort(this.#sort);
    this.#showSort();
    this.#view.scrollTop = 0;
    this.#arrange();
  }

  #showSort() {
    const { key: sorted, down } = this.#sort ?? { key: "rank", down: false };
    this.#columns.forEach(({ key }, i) => {
      const { cell, arrow } = this.#titles[i];
      const isSorted = key === sorted;
      cell.classList.toggle("sorted", isSorted);
      arrow.textContent = isSorted ? (down ? "\u2193" : "\u2191") : "";
      if (isSorted) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  /** Filter and sort the rows, and render those in view. */
  #arrange() {
    this.#shown = sortedRows(this.#rows.filter(this.#passes), this.#sort);
    const all = this.#rows.length;
    const shown = this.#shown.length;
    this.#grid.setAttribute("aria-rowcount", String(shown + 1));
    this.#count.textContent = shown === all ? `${all}` : `${shown} of ${all}`;
    this.#nothing.hidden = shown > 0;
    this.#nothing.textContent = all ? "No symbol passes the filters" : this.#emptyText;
    if (!this.#shown.some(({ symbol }) => symbol === this.#active)) this.#active = null;
    this.#space.style.height = `${shown * this.#rowHeight}px`;
    this.#render();
  }

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.#view).getPropertyValue("--row-height"));
    this.#height = this.#view.clientHeight;
    this.#arrange();
  }

  /** Put the rows in view on the page. A symbol keeps its element. */
  #render() {
    const [first, last] = this.#inView();
    const rows = this.#shown.slice(first, last);
    const symbols = new Set(rows.map(({ symbol }) => symbol));
    for (const [symbol, view] of this.#views) {
      if (symbols.has(symbol)) continue;
      this.#views.delete(symbol);
      this.#unused.push(view);
    }
    let next = this.#window.firstElementChild;
    rows.forEach((row, i) => {
      const view = this.#viewOf(row.symbol);
      view.show(row, first + i, row.symbol === this.#active);
      if (view.element === next) next = next.nextElementSibling;
      else this.#window.insertBefore(view.element, next);
    });
    while (next) {
      const rest = next.nextElementSibling;
      next.remove();
      next = rest;
    }
    this.#window.style.transform = `translateY(${first * this.#rowHeight}px)`;
    this.#pointAtActive();
  }

  /** The positions of the first row to render, and of the one behind the last. */
  #inView() {
    if (!this.#rowHeight) return [0, 0];
    const top = this.#view.scrollTop;
    const first = Math.floor(top / this.#rowHeight) - OVERSCAN;
    const last = Math.ceil((top + this.#height) / this.#rowHeight) + OVERSCAN;
    return [Math.max(0, first), Math.min(this.#shown.length, last)];
  }

  /** @param {string} symbol */
  #viewOf(symbol) {
    let view = this.#views.get(symbol);
    if (!view) {
      view = this.#unused.pop() ?? new RowView(this.#columns);
      this.#views.set(symbol, view);
    }
    return view;
  }

  /** Show which of the rows in view have changed since the snapshot before. */
  #showChanges() {
    if (this.#prices.size === 0) return;
    for (const [symbol, view] of this.#views) {
      const before = this.#prices.get(symbol);
      if (before === undefined) view.enter();
      else if (view.price !== undefined && view.price !== before) view.tick(view.price > before ? "up" : "down");
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#grid || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.#active) {
      this.#onPick(this.#active);
      event.preventDefault();
      return;
    }
    const position = this.#shown.findIndex(({ symbol }) => symbol === this.#active);
    const page = Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
    const targets = new Map([
      ["ArrowDown", position + 1],
      ["ArrowUp", position < 0 ? 0 : position - 1],
      ["PageDown", position + page],
      ["PageUp", position - page],
      ["Home", 0],
      ["End", this.#shown.length - 1],
    ]);
    const target = targets.get(event.key);
    if (target === undefined) return;
    event.preventDefault();
    const row = this.#shown[Math.max(0, Math.min(target, this.#shown.length - 1))];
    if (row) this.#activate(row.symbol);
  }

  /**
   * Move the keyboard to a row, and scroll until it is in view.
   *
   * @param {string} symbol
   */
  #activate(symbol) {
    this.#active = symbol;
    const position = this.#shown.findIndex((row) => row.symbol === symbol);
    const top = position * this.#rowHeight;
    const lowest = top + this.#rowHeight - this.#height;
    if (top < this.#view.scrollTop) this.#view.scrollTop = top;
    if (lowest > this.#view.scrollTop) this.#view.scrollTop = lowest;
    this.#render();
  }

  /** @param {string} symbol */
  #pick(symbol) {
    this.#activate(symbol);
    this.#onPick(symbol);
  }

  #pointAtActive() {
    const view = this.#active === null ? undefined : this.#views.get(this.#active);
    if (view) this.#grid.setAttribute("aria-activedescendant", view.element.id);
    else this.#grid.removeAttribute("aria-activedescendant");
  }
}
