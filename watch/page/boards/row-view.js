// One row on the screen. It is reused for other symbols, and changes the page only where a text has changed.

import { make } from "../elements.js";
import { signClass } from "../field-text.js";

/** @import { Column } from "./columns.js" */
/** @import { Row } from "../row.js" */

const FLASH_MS = 900;
const ARROWS = { up: "\u25b2", down: "\u25bc", "": "" };

let made = 0;

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

/** The element of one row. */
export class RowView {
  element = make("div", "row", { role: "row" });
  symbol = "";
  /** The price that is shown. @type {number | undefined} */
  price = undefined;
  #columns;
  #cells;
  #position = -1;
  /** @type {boolean | null} */
  #isActive = null;
  /** @type {"up" | "down" | ""} */
  #direction = "";
  #arrow = make("span", "tick");

  /** @param {Column[]} columns */
  constructor(columns) {
    this.#columns = columns;
    // The grid names its active row by id.
    this.element.id = `row-${++made}`;
    this.#cells = columns.map(({ key, ticks }) => {
      const cell = make("span", `cell ${key}`, { role: "gridcell" });
      const text = document.createTextNode("");
      if (ticks) cell.append(this.#arrow);
      cell.append(text);
      this.element.append(cell);
      return { cell, text, sign: "" };
    });
  }

  /**
   * Show a row.
   *
   * @param {Row} row
   * @param {number} position counted from 0 among the rows that are shown
   * @param {boolean} isActive whether the keyboard is at it
   */
  show(row, position, isActive) {
    this.price = row.close;
    if (this.symbol !== row.symbol) this.#reset(row.symbol);
    if (this.#position !== position) this.#moveTo(position);
    if (this.#isActive !== isActive) {
      this.#isActive = isActive;
      this.element.classList.toggle("active", isActive);
      this.element.setAttribute("aria-selected", String(isActive));
    }
    this.#columns.forEach(({ key, text, signed }, i) => {
      const cell = this.#cells[i];
      const shown = text(row);
      if (cell.text.data !== shown) cell.text.data = shown;
      const sign = signed ? signClass(row[key]) : "";
      if (cell.sign === sign) return;
      cell.sign = sign;
      cell.cell.className = `cell ${key} ${sign}`;
    });
  }

  /**
   * Show that the price rose or fell: by an arrow, which stays, and a flash.
   *
   * @param {"up" | "down"} direction
   */
  tick(direction) {
    this.#point(direction);
    this.#flash(`var(--flash-${direction})`);
  }

  /** Show that the symbol is new on the board. */
  enter() {
    this.#flash("var(--flash-new)");
  }

  /** @param {string} symbol that the element shows from now on */
  #reset(symbol) {
    this.symbol = symbol;
    this.element.dataset.symbol = symbol;
    this.#point("");
    for (const animation of this.element.getAnimations()) animation.cancel();
  }

  /** @param {number} position */
  #moveTo(position) {
    this.#position = position;
    // The titles are row 1.
    this.element.setAttribute("aria-rowindex", String(position + 2));
    this.element.classList.toggle("odd", position % 2 === 1);
  }

  /** @param {"up" | "down" | ""} direction */
  #point(direction) {
    if (this.#direction === direction) return;
    this.#direction = direction;
    this.#arrow.textContent = ARROWS[direction];
    this.#arrow.className = `tick ${direction}`;
  }

  /** @param {string} colour */
  #flash(colour) {
    if (reducedMotion.matches) return;
    this.element.animate(
      { backgroundColor: [colour, "transparent"] },
      // Five repaints a flash: dozens of rows flash at a time.
      { duration: FLASH_MS, easing: "steps(5)" },
    );
  }
}
