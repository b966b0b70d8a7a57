// Says which columns lie beyond the right side of a board, and leads there.

import { make } from "../../elements.js";

/** A column, and its width, pixels. @typedef {{ title: string, width: number }} Wide */

/** Less of a column than this is no loss. */
const TOLERANCE = 4;

/** A button that is shown while a board is wider than its pane. */
export class MoreColumns {
  element = make("button", "more-columns", { type: "button" });
  #grid;
  /** @type {Wide[]} */
  #columns = [];

  /** @param {HTMLElement} grid that is scrolled sideways */
  constructor(grid) {
    this.#grid = grid;
    this.element.hidden = true;
    this.element.addEventListener("click", () => {
      grid.scrollLeft = this.#beyond().length > 0 ? grid.scrollWidth : 0;
    });
    grid.addEventListener("scroll", () => this.#say(), { passive: true });
  }

  /** @param {Wide[]} columns from left to right */
  show(columns) {
    this.#columns = columns;
    this.#say();
  }

  /** The titles of the columns of which something is beyond the right side. */
  #beyond() {
    return titlesBeyond(this.#columns, this.#grid.clientWidth + this.#grid.scrollLeft);
  }

  #say() {
    const isWider = titlesBeyond(this.#columns, this.#grid.clientWidth).length > 0;
    if (this.element.hidden === isWider) this.element.hidden = !isWider;
    if (this.#grid.classList.contains("wider") !== isWider) this.#grid.classList.toggle("wider", isWider);
    if (!isWider) return;
    const words = moreText(this.#beyond());
    if (this.element.textContent !== words) this.element.textContent = words;
  }
}

/**
 * @param {Wide[]} columns from left to right
 * @param {number} right side of what is seen, pixels
 */
export function titlesBeyond(columns, right) {
  let end = 0;
  return columns.filter(({ width }) => (end += width) > right + TOLERANCE).map(({ title }) => title);
}

/** @param {string[]} beyond titles of the columns beyond the right side; empty: the board is scrolled to its end */
export function moreText(beyond) {
  if (beyond.length === 0) return "\u2190 First columns";
  return `${beyond.length} more ${beyond.length === 1 ? "column" : "columns"}: ${beyond.join(", ")} \u2192`;
}
