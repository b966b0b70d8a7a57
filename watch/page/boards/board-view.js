// A board on the screen: heading, titles and rows.

import { make, makeText } from "../elements.js";
import { newestEnd } from "../row.js";
import { ColumnTitles } from "./column-titles.js";
import { columns, hasOwnColumn } from "./columns.js";
import { RowsView } from "./rows-view.js";
import { nextSort, sortedRows } from "./sorting.js";

/** @import { Board, Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */
/** @import { Sort } from "./sorting.js" */

/** Shows one board in its section. */
export class BoardView {
  /** As published. @type {Row[]} */
  #rows = [];
  /** Filtered and sorted. @type {Row[]} */
  #shown = [];
  /** @type {(row: Row) => boolean} */
  #passes = () => true;
  /** @type {Sort} */
  #sort;
  /** Of the snapshot before, by symbol. @type {Map<string, number | undefined>} */
  #prices = new Map();
  /** The symbol that the keyboard is at. @type {string | null} */
  #active = null;
  #emptyText = "Waiting for the board";
  #onPick;
  #onSort;
  #titles;
  #list;
  #grid;
  #count = make("span", "count");
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
    const shown = columns(board, fields);
    this.#sort = shown.some(({ key }) => key === sort?.key) ? sort : null;
    this.#onPick = onPick;
    this.#onSort = onSort;
    this.#titles = new ColumnTitles(shown, (key) => this.#sortBy(key));
    this.#titles.show(this.#sort);
    this.#list = new RowsView(shown, {
      onClick: (symbol) => this.#pick(symbol),
      onRender: (activeId) => this.#pointAt(activeId),
    });
    this.#grid = make("div", hasOwnColumn(board) ? "grid own" : "grid", {
      role: "grid",
      tabindex: "0",
      "aria-labelledby": `title-${board.name}`,
      "aria-description": "Arrow keys choose a symbol, Enter shows its quote",
    });
    this.#grid.append(this.#titles.element, this.#list.element);
    this.#grid.addEventListener("keydown", (event) => this.#onKey(event));
    section.append(this.#heading(board), this.#grid, this.#nothing);
  }

  /** @param {Board} board */
  #heading({ name, title, caption }) {
    const heading = make("header", "heading");
    const words = makeText("h2", "", title);
    words.id = `title-${name}`;
    heading.append(words, makeText("span", "note", caption), this.#count);
    return heading;
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
    // On the first snapshot every row is new.
    if (this.#prices.size > 0) this.#list.showChanges(this.#prices);
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
    this.#titles.show(this.#sort);
    this.#list.scrollToTop();
    this.#arrange();
  }

  /** Filter and sort the rows, and show them. */
  #arrange() {
    this.#shown = sortedRows(this.#rows.filter(this.#passes), this.#sort);
    const all = this.#rows.length;
    const shown = this.#shown.length;
    this.#grid.setAttribute("aria-rowcount", String(shown + 1));
    this.#count.textContent = shown === all ? `${all}` : `${shown} of ${all}`;
    this.#nothing.hidden = shown > 0;
    this.#nothing.textContent = all ? "No symbol passes the filters" : this.#emptyText;
    if (this.#position() < 0) this.#active = null;
    this.#list.show(this.#shown, this.#active);
  }

  /** Where the keyboard is; -1: nowhere. */
  #position() {
    return this.#shown.findIndex(({ symbol }) => symbol === this.#active);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#grid || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.#active) {
      this.#onPick(this.#active);
      event.preventDefault();
      return;
    }
    const target = this.#target(event.key);
    if (target === undefined) return;
    event.preventDefault();
    const row = this.#shown[Math.max(0, Math.min(target, this.#shown.length - 1))];
    if (row) this.#activate(row.symbol);
  }

  /**
   * The position that a key leads to, which can lie beyond either end.
   *
   * @param {string} key
   */
  #target(key) {
    const position = this.#position();
    const page = this.#list.pageSize();
    return new Map([
      ["ArrowDown", position + 1],
      ["ArrowUp", position < 0 ? 0 : position - 1],
      ["PageDown", position + page],
      ["PageUp", position - page],
      ["Home", 0],
      ["End", this.#shown.length - 1],
    ]).get(key);
  }

  /**
   * Move the keyboard to a row, and scroll until it is in view.
   *
   * @param {string} symbol
   */
  #activate(symbol) {
    this.#active = symbol;
    this.#list.scrollTo(this.#position());
    this.#list.show(this.#shown, symbol);
  }

  /** @param {string} symbol */
  #pick(symbol) {
    this.#activate(symbol);
    this.#onPick(symbol);
  }

  /** @param {string | null} activeId */
  #pointAt(activeId) {
    if (activeId) this.#grid.setAttribute("aria-activedescendant", activeId);
    else this.#grid.removeAttribute("aria-activedescendant");
  }
}
