// One symbol of a watchlist on the screen. It changes the page only where a text has changed.

import { make, makeText, onlyText } from "../elements.js";
import { fieldText, signClass } from "../field-text.js";
import { UNKNOWN } from "../numbers.js";
import { SparkLine } from "../sparklines/spark-line.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

let made = 0;

/** The row of a symbol: its line of the session, and its quote. */
export class WatchRow {
  element = make("div", "watch-row", { role: "row", draggable: "true" });
  #fields;
  #cells;
  #line = new SparkLine();

  /**
   * @param {string} symbol
   * @param {Field[]} fields one for each figure
   * @param {() => void} onRemove called when the user removes the symbol
   */
  constructor(symbol, fields, onRemove) {
    this.symbol = symbol;
    this.#fields = fields;
    // The grid names its active row by id.
    this.element.id = `watch-row-${++made}`;
    this.element.dataset.symbol = symbol;
    this.#cells = fields.map(({ name }) => {
      const cell = make("span", `figure ${name}`, { role: "gridcell" });
      const text = onlyText(cell);
      text.data = UNKNOWN;
      return { cell, text };
    });
    const line = make("span", "line", { role: "gridcell" });
    line.append(this.#line.element);
    const name = makeText("span", "symbol", symbol);
    name.setAttribute("role", "gridcell");
    this.element.append(name, line, ...this.#cells.map(({ cell }) => cell), this.#remover(onRemove));
  }

  /** @param {() => void} onRemove */
  #remover(onRemove) {
    const cell = make("span", "remove", { role: "gridcell" });
    const button = makeText("button", "plain", "\u2715");
    button.type = "button";
    // By keyboard it is the key Delete.
    button.tabIndex = -1;
    button.title = `Remove ${this.symbol}`;
    button.setAttribute("aria-label", `Remove ${this.symbol}`);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      onRemove();
    });
    cell.append(button);
    return cell;
  }

  /** @param {Row | null} row null: nobody knows the symbol */
  show(row) {
    this.element.classList.toggle("unknown", row === null);
    this.#fields.forEach((field, i) => {
      const { cell, text } = this.#cells[i];
      const shown = row ? fieldText(row, field) : UNKNOWN;
      if (text.data === shown) return;
      text.data = shown;
      if (field.signed) cell.className = `figure ${field.name} ${signClass(shown)}`;
    });
  }

  /** @param {number[] | undefined} prices of the session; undefined: unknown */
  draw(prices) {
    this.#line.show(prices);
  }

  /** @param {boolean} isActive whether the symbol is selected, or the keyboard is at it */
  mark(isActive) {
    this.element.classList.toggle("active", isActive);
    this.element.setAttribute("aria-selected", String(isActive));
  }
}
