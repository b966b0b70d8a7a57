// The titles of a board's columns. A click sorts.

import { make, makeText } from "../elements.js";

/** @import { Column } from "./columns.js" */
/** @import { Sort } from "./sorting.js" */

/** The row of titles, which shows what the board is sorted by. */
export class ColumnTitles {
  element = make("div", "titles", { role: "row", "aria-rowindex": "1" });
  #titles;

  /**
   * @param {Column[]} columns
   * @param {(key: string) => void} onClick called with the key of the column whose title was clicked
   */
  constructor(columns, onClick) {
    this.#titles = columns.map(({ key, title, about }) => {
      const cell = make("span", `cell ${key}`, { role: "columnheader" });
      const button = make("button", "sort", { type: "button", title: about });
      const arrow = make("span", "arrow", { "aria-hidden": "true" });
      button.append(makeText("span", "title", title), arrow);
      button.addEventListener("click", () => onClick(key));
      cell.append(button);
      return { key, cell, arrow };
    });
    this.element.append(...this.#titles.map(({ cell }) => cell));
  }

  /** @param {Sort} sort what the board is sorted by */
  show(sort) {
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
