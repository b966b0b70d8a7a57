// One row on the screen. It is reused for other symbols, and changes the page only where something has changed.

import { make } from "../../elements.js";
import { signClass } from "../../field-text.js";
import { duration } from "../../numbers.js";
import { SparkLine } from "../../sparklines/spark-line.js";
import { shortAge } from "../../trading-stop.js";
import { Flashes } from "./flashes.js";
import { tintOf } from "./tints.js";

/** @import { Column } from "../columns/columns.js" */
/** @import { Move } from "./rank-moves.js" */
/** @import { Row } from "../../row.js" */
/** @import { Flash } from "./flashes.js" */

/**
 * What is shown of a row besides its numbers.
 *
 * @typedef {object} Marks
 * @property {boolean} isActive whether its symbol is selected, or the keyboard is at it
 * @property {boolean} isGone whether it has left the board, whose order is paused
 * @property {boolean} isWatched whether its symbol is on the watchlist
 * @property {number} stopped for how long the symbol has not traded, though it uses to, seconds; 0: it trades
 * @property {Move} move how its rank moved
 * @property {number[] | undefined} spark the session's prices; undefined: unknown yet
 */

/** A cell on the page, and what it shows. @typedef {{ column: Column, cell: HTMLElement, text: Text, names: string }} Cell */

const ARROWS = { up: "\u25b2", down: "\u25bc", "": "" };

let made = 0;

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
/** Of all rows on the page. */
const flashes = new Flashes();

/** The element of one row. */
export class RowView {
  element = make("div", "row", { role: "row" });
  symbol = "";
  /** Counted from 0 among the rows that are shown. */
  position = -1;
  /** @type {Row | null} */
  #row = null;
  #ranking;
  /** @type {Cell[]} */
  #cells;
  /** @type {HTMLElement | null} */
  #priceCell = null;
  /** @type {HTMLElement | null} */
  #symbolCell = null;
  #top = -1;
  /** @type {Partial<Marks>} */
  #marks = {};
  /** @type {"up" | "down" | ""} */
  #direction = "";
  /** The arrow before the price, or for how long the symbol has not traded. Screen readers read the price alone. */
  #arrow = make("span", "tick", { "aria-hidden": "true" });
  /** @type {SparkLine | null} */
  #spark = null;
  /** Behind the symbol, while it is on the watchlist. */
  #star = make("span", "star", { role: "img", "aria-label": "on the watchlist" });

  /**
   * @param {Column[]} columns
   * @param {string} ranking the key of the column that ranks the board
   */
  constructor(columns, ranking) {
    this.#ranking = ranking;
    // The grid names its active row by id.
    this.element.id = `row-${++made}`;
    this.#cells = columns.map((column) => this.#cell(column));
    this.element.append(...this.#cells.map(({ cell }) => cell));
  }

  /**
   * @param {Column} column
   * @returns {Cell}
   */
  #cell(column) {
    const names = column.key === this.#ranking ? `cell ${column.key} ranking` : `cell ${column.key}`;
    const cell = make("span", names, { role: "gridcell" });
    const text = document.createTextNode("");
    if (column.ticks) {
      cell.append(this.#arrow);
      this.#priceCell = cell;
    }
    if (column.key === "symbol") this.#symbolCell = cell;
    if (column.kind === "spark") {
      this.#spark = new SparkLine();
      cell.append(this.#spark.element);
    } else {
      cell.append(text);
    }
    return { column, cell, text, names };
  }

  /**
   * Show a row. Where a price has changed it flashes.
   *
   * @param {Row} row
   * @param {number} position counted from 0 among the rows that are shown
   * @param {number} top pixels
   * @param {Marks} marks
   */
  show(row, position, top, marks) {
    const before = this.symbol === row.symbol ? this.#row : null;
    if (this.symbol !== row.symbol) this.#reset(row.symbol);
    this.moveTo(position, top);
    // A row that has not changed is the same object.
    if (this.#row !== row) this.#write(row);
    this.#mark(marks);
    const [last = NaN, price = NaN] = [before?.close, row.close];
    if (price > last) this.#tick("up");
    else if (price < last) this.#tick("down");
  }

  /**
   * @param {number} position counted from 0 among the rows that are shown
   * @param {number} top pixels
   */
  moveTo(position, top) {
    if (this.position !== position) {
      this.position = position;
      // The titles are row 1.
      this.element.setAttribute("aria-rowindex", String(position + 2));
      this.element.classList.toggle("odd", position % 2 === 1);
    }
    if (this.#top !== top) {
      this.#top = top;
      this.element.style.top = `${top}px`;
    }
  }

  /** @param {Row} row */
  #write(row) {
    this.#row = row;
    for (const shown of this.#cells) {
      const { column, cell, text } = shown;
      if (column.kind !== "text") continue;
      const written = column.text(row);
      if (text.data !== written) text.data = written;
      const names = this.#names(column, row, written);
      if (shown.names === names) continue;
      shown.names = names;
      cell.className = names;
    }
  }

  /**
   * The classes of a cell.
   *
   * @param {Column} column
   * @param {Row} row
   * @param {string} written
   */
  #names(column, row, written) {
    const isRanking = column.key === this.#ranking;
    const ranking = isRanking ? " ranking" : "";
    const sign = column.signed ? ` ${signClass(written)}` : "";
    const tint = isRanking && column.signed && column.isPercent ? ` ${tintOf(row[column.key])}` : "";
    // To clip a cell costs the browser time in each frame, so only those are clipped that may need it.
    const long = written.length > column.digits - 1 ? " long" : "";
    return `cell ${column.key}${ranking}${sign}${tint}${long}`;
  }

  /** @param {Marks} marks */
  #mark(marks) {
    const before = this.#marks;
    this.#marks = marks;
    if (before.isActive !== marks.isActive) {
      this.element.classList.toggle("active", marks.isActive);
      this.element.setAttribute("aria-selected", String(marks.isActive));
    }
    if (before.isGone !== marks.isGone) this.element.classList.toggle("gone", marks.isGone);
    if (before.isWatched !== marks.isWatched) this.#watch(marks.isWatched);
    if (before.stopped !== marks.stopped) this.#age(marks.stopped);
    if (before.move?.text !== marks.move.text) this.#move(marks.move);
    if (this.#spark && before.spark !== marks.spark) this.#spark.show(marks.spark);
  }

  /**
   * Show that the price rose or fell: by an arrow, which stays, and a flash.
   *
   * @param {"up" | "down"} direction
   */
  #tick(direction) {
    this.#point(direction);
    this.#flash(this.#priceCell, direction);
  }

  /** Show that the symbol is new on the board. */
  enter() {
    this.#flash(this.#symbolCell, "new");
  }

  /** @param {string} symbol that the element shows from now on */
  #reset(symbol) {
    this.symbol = symbol;
    this.#row = null;
    this.element.dataset.symbol = symbol;
    this.#point("");
    for (const cell of [this.#priceCell, this.#symbolCell]) if (cell) flashes.end(cell);
  }

  /** @param {"up" | "down" | ""} direction */
  #point(direction) {
    this.#direction = direction;
    if (this.#marks.stopped) return;
    this.#arrow.textContent = ARROWS[direction];
    this.#arrow.className = `tick ${direction}`;
  }

  /** @param {number} seconds without a trade; 0: the symbol trades */
  #age(seconds) {
    this.element.classList.toggle("stopped", seconds > 0);
    if (seconds === 0) {
      this.#priceCell?.removeAttribute("title");
      this.#point(this.#direction);
      return;
    }
    const age = shortAge(seconds);
    if (this.#arrow.textContent === age) return;
    this.#arrow.textContent = age;
    this.#arrow.className = "tick age";
    if (this.#priceCell) this.#priceCell.title = `No trades for ${duration(seconds)}`;
  }

  /** @param {boolean} isWatched */
  #watch(isWatched) {
    if (isWatched) this.#symbolCell?.append(this.#star);
    else this.#star.remove();
  }

  /** @param {Move} move */
  #move({ direction, text, words }) {
    for (const { column, cell, text: node } of this.#cells) {
      if (column.kind !== "move") continue;
      node.data = text;
      cell.className = `cell move ${direction}`;
      for (const name of ["aria-label", "title"]) {
        if (words) cell.setAttribute(name, words);
        else cell.removeAttribute(name);
      }
    }
  }

  /**
   * @param {HTMLElement | null} cell
   * @param {Flash} flash
   */
  #flash(cell, flash) {
    if (cell && !reducedMotion.matches) flashes.show(cell, flash);
  }
}
