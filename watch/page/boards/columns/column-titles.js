// The titles of a board's columns. A click sorts, the border at a title's right is dragged to make the column wider.

import { make, makeText } from "../../elements.js";
import { explain } from "../../explanations/explanations.js";

/** @import { Column } from "./columns.js" */
/** @import { Sort } from "../rows/sorting.js" */

/** A title on the page. @typedef {{ key: string, cell: HTMLElement, arrow: HTMLElement }} Title */

/** The row of titles, which shows what the board is sorted by. */
export class ColumnTitles {
  element = make("div", "titles", { role: "row", "aria-rowindex": "1" });
  #onClick;
  #onResize;
  /** @type {Title[]} */
  #titles = [];
  /** @type {Sort} */
  #sort = null;

  /**
   * @param {object} options
   * @param {(key: string) => void} options.onClick called with the key of the column whose title was clicked
   * @param {(key: string, width: number) => void} options.onResize called with the width, pixels, to which a column was
   *   dragged
   */
  constructor({ onClick, onResize }) {
    this.#onClick = onClick;
    this.#onResize = onResize;
  }

  /** @param {Column[]} columns */
  setColumns(columns) {
    this.#titles = columns.map((column) => this.#title(column));
    this.element.replaceChildren(...this.#titles.map(({ cell }) => cell));
    this.show(this.#sort);
  }

  /**
   * @param {Column} column
   * @returns {Title}
   */
  #title({ key, title, about, kind }) {
    const cell = make("span", `cell ${key}`, { role: "columnheader" });
    const arrow = make("span", "arrow", { "aria-hidden": "true" });
    const words = makeText("span", "title", title);
    if (kind === "text") {
      const button = make("button", "sort", { type: "button" });
      explain(button, about);
      button.append(words, arrow);
      button.addEventListener("click", () => this.#onClick(key));
      cell.append(button);
    } else {
      // Neither moves nor lines can be sorted by.
      const label = make("span", "label", { tabindex: "0" });
      label.append(words);
      explain(label, about);
      cell.append(label);
    }
    cell.append(this.#grip(key, cell));
    return { key, cell, arrow };
  }

  /**
   * The border that is dragged. The keyboard has the dialog of columns.
   *
   * @param {string} key
   * @param {HTMLElement} cell
   */
  #grip(key, cell) {
    const grip = make("span", "grip", { "aria-hidden": "true" });
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      const start = { at: event.clientX, width: cell.offsetWidth };
      /** @param {PointerEvent} moved */
      const onMove = (moved) => this.#onResize(key, Math.round(start.width + moved.clientX - start.at));
      grip.addEventListener("pointermove", onMove);
      grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", onMove), { once: true });
    });
    return grip;
  }

  /** @param {Sort} sort what the board is sorted by */
  show(sort) {
    this.#sort = sort;
    const { key: sorted, down } = sort ?? { key: "rank", down: false };
    for (const { key, cell, arrow } of this.#titles) {
      const isSorted = key === sorted;
      cell.classList.toggle("sorted", isSorted);
      arrow.textContent = isSorted ? (down ? "\u2193" : "\u2191") : "";
      if (isSorted) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }
}
