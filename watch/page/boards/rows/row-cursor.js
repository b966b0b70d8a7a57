// Which row of a board the keyboard is at. Once a symbol is selected, the arrow keys select the next one.

import { BY_ARROWS } from "../../selection/selection.js";

/** @import { Row } from "../../row.js" */
/** @import { Selection } from "../../selection/selection.js" */
/** @import { RowsView } from "./rows-view.js" */

/** Moves among the rows by keys and clicks. */
export class RowCursor {
  #grid;
  #list;
  #selection;
  /** In their order. @type {Row[]} */
  #rows = [];
  /** The symbol of the row that the keyboard was last at. @type {string | null} */
  #symbol = null;

  /**
   * @param {HTMLElement} grid has the focus
   * @param {RowsView} list
   * @param {Selection} selection of which the user chooses the symbol
   */
  constructor(grid, list, selection) {
    this.#grid = grid;
    this.#list = list;
    this.#selection = selection;
    grid.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** The symbol of the row that is marked: the selected one, or where the keyboard is; null: none. */
  get active() {
    return this.#selection.symbol ?? this.#symbol;
  }

  /** @param {Row[]} rows in the order in which they are shown */
  setRows(rows) {
    this.#rows = rows;
  }

  /** Another symbol is selected, or none. */
  onSelected() {
    const { symbol } = this.#selection;
    // The keyboard stays at its row where nothing is selected any more, but not beside a symbol that was chosen elsewhere.
    if (symbol !== null && symbol !== this.#symbol) this.#symbol = null;
    this.point();
  }

  /** Say to screen readers which row is active. */
  point() {
    const id = this.#list.idOf(this.active);
    if (id === this.#grid.getAttribute("aria-activedescendant")) return;
    if (id) this.#grid.setAttribute("aria-activedescendant", id);
    else this.#grid.removeAttribute("aria-activedescendant");
  }

  /**
   * Select a symbol. The arrow keys go on from its row.
   *
   * @param {string} symbol
   * @param {string} origin who chose it
   */
  pick(symbol, origin = "boards") {
    this.#grid.focus({ preventScroll: true });
    this.#symbol = symbol;
    this.#selection.choose(symbol, origin);
    this.#moveTo(symbol);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#grid || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.active) {
      this.pick(this.active);
      event.preventDefault();
      return;
    }
    const target = this.#target(event.key);
    if (target === undefined) return;
    event.preventDefault();
    const row = this.#rows[Math.max(0, Math.min(target, this.#rows.length - 1))];
    if (row) this.#goTo(row.symbol);
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
      ["End", this.#rows.length - 1],
    ]).get(key);
  }

  /** @param {string} symbol */
  #goTo(symbol) {
    if (this.#selection.symbol !== null) {
      this.pick(symbol, BY_ARROWS);
      return;
    }
    this.#selection.point(symbol);
    this.#moveTo(symbol);
  }

  /**
   * Put the keyboard at a row, and scroll until it is in view.
   *
   * @param {string} symbol
   */
  #moveTo(symbol) {
    this.#symbol = symbol;
    this.#list.scrollTo(this.#position());
    this.#list.render();
    this.point();
  }

  /** Where the keyboard is; -1: nowhere. */
  #position() {
    return this.#rows.findIndex(({ symbol }) => symbol === this.active);
  }
}
