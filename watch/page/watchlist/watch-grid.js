// The rows of a watchlist, which their user puts in order by mouse and keyboard.

import { make, makeText } from "../elements.js";
import { BY_ARROWS } from "../selection/selection.js";
import { RowDrag } from "./row-drag.js";
import { WatchRow } from "./watch-row.js";

/** @import { Field } from "../declarations.js" */
/** @import { Anchor } from "../popup.js" */
/** @import { Row } from "../row.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { Sparklines } from "../sparklines/sparklines.js" */

const FIRST_TITLES = [
  { title: "Symbol", about: "Symbol" },
  { title: "Day", about: "Prices of the session, as a line" },
];
/** For so long rows are marked that were just put into the list. */
const FRESH_MS = 3_000;
const STEPS = new Map([["ArrowUp", -1], ["ArrowDown", 1], ["Home", -Infinity], ["End", Infinity]]);

/** A list of rows, of which one can be active: the selected one, or the one that the keyboard is at. */
export class WatchGrid {
  element = make("div", "watch-grid", {
    role: "grid",
    tabindex: "0",
    "aria-label": "Symbols of the watchlist",
    "aria-description": "Arrow keys go to a symbol, Enter selects it, Alt and arrow keys move it, Delete removes it",
  });
  #titles = make("div", "watch-row titles", { role: "row" });
  #body = make("div", "watch-rows", { role: "rowgroup" });
  #fields;
  #selection;
  #sparklines;
  #onMove;
  #onMenu;
  #onRemove;
  /** By symbol, in the list's order. @type {Map<string, WatchRow>} */
  #rows = new Map();
  /** The symbol that the keyboard is at, while none is selected. @type {string | null} */
  #cursor = null;

  /**
   * @param {Field[]} fields one for each column of figures
   * @param {object} options
   * @param {Selection} options.selection
   * @param {Sparklines} options.sparklines
   * @param {(symbol: string, step: number) => void} options.onMove called with by how many places a symbol is moved
   * @param {(symbol: string, at: Anchor) => void} options.onMenu called when the user wants what can be done with a symbol
   * @param {(symbol: string) => void} options.onRemove
   */
  constructor(fields, { selection, sparklines, onMove, onMenu, onRemove }) {
    this.#fields = fields;
    this.#selection = selection;
    this.#sparklines = sparklines;
    this.#onMove = onMove;
    this.#onMenu = onMenu;
    this.#onRemove = onRemove;
    const titles = [...FIRST_TITLES, ...fields].map(({ title, about }) => {
      const cell = makeText("span", "title", title);
      cell.setAttribute("role", "columnheader");
      cell.title = about;
      return cell;
    });
    this.#titles.append(hiddenTitle("Move, and more"), ...titles, hiddenTitle("Remove"));
    this.element.append(this.#titles, this.#body);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.addEventListener("click", ({ target }) => this.#choose(symbolAt(target)));
    new RowDrag(this.#body, (row, step) => this.#onMove(row.dataset.symbol ?? "", step));
    selection.watch(() => this.#mark());
    sparklines.watch(() => this.drawLines());
  }

  /** The symbol that keys act on; null: none. */
  get active() {
    const { symbol } = this.#selection;
    if (symbol === null) return this.#cursor;
    return this.#rows.has(symbol) ? symbol : null;
  }

  /** @param {string[]} symbols in their order; those that were there keep their figures */
  list(symbols) {
    const before = this.#rows;
    this.#rows = new Map(symbols.map((symbol) => [
      symbol,
      before.get(symbol) ?? new WatchRow(symbol, this.#fields, {
        onMenu: (at) => this.#onMenu(symbol, at),
        onRemove: () => this.#onRemove(symbol),
      }),
    ]));
    this.#body.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    this.element.hidden = symbols.length === 0;
    if (this.#cursor !== null && !this.#rows.has(this.#cursor)) this.#cursor = null;
    this.#mark();
  }

  /**
   * Scroll to rows, the first of them at least, and mark them for a while.
   *
   * @param {string[]} symbols
   */
  reveal(symbols) {
    const elements = symbols.flatMap((symbol) => this.#rows.get(symbol)?.element ?? []);
    for (const element of [elements.at(-1), elements[0]]) element?.scrollIntoView({ block: "nearest" });
    for (const element of elements) {
      element.classList.add("fresh");
      setTimeout(() => element.classList.remove("fresh"), FRESH_MS);
    }
  }

  /**
   * @param {string} symbol
   * @param {Row | null} row null: nobody knows the symbol
   */
  show(symbol, row) {
    this.#rows.get(symbol)?.show(row);
  }

  /**
   * @param {string} symbol
   * @param {number} seconds for which it has not traded, though it uses to; 0: it trades
   */
  age(symbol, seconds) {
    this.#rows.get(symbol)?.age(seconds);
  }

  drawLines() {
    // A hidden list asks for none.
    if (!this.element.checkVisibility()) return;
    for (const [symbol, row] of this.#rows) row.draw(this.#sparklines.of(symbol));
  }

  #mark() {
    const { active } = this;
    for (const [symbol, row] of this.#rows) row.mark(symbol === active);
    const id = active === null ? undefined : this.#rows.get(active)?.element.id;
    if (id) this.element.setAttribute("aria-activedescendant", id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { active } = this;
    const step = STEPS.get(event.key);
    if (event.altKey) {
      if (active !== null && step !== undefined) this.#onMove(active, step);
      else return;
    } else if (step !== undefined) {
      this.#go(step);
    } else if (event.key === "Enter" && active !== null) {
      this.#choose(active);
    } else if (event.key === "Delete" && active !== null) {
      this.#remove(active);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} step */
  #go(step) {
    const symbols = [...this.#rows.keys()];
    const { active } = this;
    const from = active === null ? -1 : symbols.indexOf(active);
    const symbol = symbols[Math.max(0, Math.min(from + step, symbols.length - 1))];
    if (symbol === undefined) return;
    this.#rows.get(symbol)?.element.scrollIntoView({ block: "nearest" });
    // Once a symbol is selected, the selection goes along.
    if (this.#selection.symbol !== null) {
      this.#choose(symbol, BY_ARROWS);
      return;
    }
    this.#cursor = symbol;
    this.#selection.point(symbol);
    this.#mark();
  }

  /**
   * @param {string | null} symbol
   * @param {string} origin who chose it
   */
  #choose(symbol, origin = "watchlist") {
    if (symbol === null) return;
    this.element.focus({ preventScroll: true });
    this.#cursor = symbol;
    this.#selection.choose(symbol, origin);
  }

  /**
   * Remove a symbol, and go to the next one.
   *
   * @param {string} symbol
   */
  #remove(symbol) {
    const symbols = [...this.#rows.keys()];
    const at = symbols.indexOf(symbol);
    const next = symbols[at + 1] ?? symbols[at - 1] ?? null;
    this.#cursor = next;
    if (next !== null && this.#selection.symbol === symbol) this.#selection.choose(next, "watchlist");
    this.#onRemove(symbol);
  }
}

/**
 * The title of a column of buttons, for screen readers.
 *
 * @param {string} text
 */
function hiddenTitle(text) {
  const title = make("span", "title", { role: "columnheader" });
  title.append(makeText("span", "hidden", text));
  return title;
}

/**
 * The symbol of the row that something happened in.
 *
 * @param {EventTarget | null} target
 */
function symbolAt(target) {
  const row = target instanceof Element ? target.closest(".watch-row") : null;
  return row instanceof HTMLElement ? row.dataset.symbol ?? null : null;
}
