// One symbol of a watchlist on the screen. It changes the page only where a text has changed.

import { make, makeText, onlyText } from "../elements.js";
import { fieldText, signClass } from "../field-text.js";
import { UNKNOWN, duration } from "../numbers.js";
import { SparkLine } from "../sparklines/spark-line.js";
import { shortAge } from "../trading-stop.js";

/** @import { Field } from "../declarations.js" */
/** @import { Anchor } from "../popup.js" */
/** @import { Row } from "../row.js" */

const NO_TRADES = "No trades today";

let made = 0;

/** The row of a symbol: its line of the session, and its quote. */
export class WatchRow {
  element = make("div", "watch-row", { role: "row" });
  #fields;
  #cells;
  #line = new SparkLine();
  /** Before the price: for how long the symbol has not traded. Screen readers read the price alone. */
  #age = make("span", "age", { "aria-hidden": "true" });

  /**
   * @param {string} symbol
   * @param {Field[]} fields one for each figure, the price first
   * @param {object} options
   * @param {(at: Anchor) => void} options.onMenu called when the user wants what can be done with the symbol
   * @param {() => void} options.onRemove called when the user removes the symbol
   */
  constructor(symbol, fields, { onMenu, onRemove }) {
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
    const grip = this.#button("row-grip", "\u22ee", `Move ${symbol}, and more`, onMenu);
    const remover = this.#button("remove", "\u2715", `Remove ${symbol}`, onRemove);
    const nothing = makeText("span", "no-trades", NO_TRADES);
    nothing.setAttribute("role", "gridcell");
    this.element.append(grip, name, line, ...this.#cells.map(({ cell }) => cell), nothing, remover);
  }

  /**
   * A cell with a button, which the keyboard does without: it has keys in the place of them.
   *
   * @param {string} className
   * @param {string} sign
   * @param {string} label
   * @param {(at: DOMRect) => void} onClick
   */
  #button(className, sign, label, onClick) {
    const cell = make("span", className, { role: "gridcell" });
    const button = makeText("button", "plain", sign);
    button.type = "button";
    button.tabIndex = -1;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      onClick(button.getBoundingClientRect());
    });
    cell.append(button);
    return cell;
  }

  /** @param {Row | null} row null: the symbol has no trades */
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

  /** @param {number} seconds for which the symbol has not traded, though it uses to; 0: it trades */
  age(seconds) {
    const text = seconds > 0 ? shortAge(seconds) : "";
    if (this.#age.textContent === text) return;
    this.#age.textContent = text;
    this.element.classList.toggle("stopped", seconds > 0);
    const [{ cell }] = this.#cells;
    if (text) cell.prepend(this.#age);
    else this.#age.remove();
    cell.title = text && `No trades for ${duration(seconds)}`;
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
