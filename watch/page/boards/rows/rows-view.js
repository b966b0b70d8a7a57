// The rows of a board. Only those in view are on the page.

import { make } from "../../elements.js";
import { RowView } from "./row-view.js";

/** @import { Column } from "../columns/columns.js" */
/** @import { Marks } from "./row-view.js" */
/** @import { Row } from "../../row.js" */

/** Rows that are rendered above and below the view, so that a quick scroll finds them there. */
const OVERSCAN = 6;

/** A list of rows in an element that scrolls. */
export class RowsView {
  element = make("div", "space", { role: "rowgroup" });
  #window = make("div", "window", { role: "presentation" });
  #scroller;
  #titles;
  #options;
  /** @type {Column[]} */
  #columns = [];
  #ranking = "";
  /** All rows, in the order in which they are shown. @type {Row[]} */
  #rows = [];
  /** The rows on the page, by symbol. @type {Map<string, RowView>} */
  #views = new Map();
  /** For other symbols. @type {RowView[]} */
  #unused = [];
  #rowHeight = 0;
  #height = 0;
  /** How far it is scrolled, pixels. Remembered: to ask for it after other boards were changed has the browser lay out the page. */
  #top = 0;
  #isScrolling = false;

  /**
   * @param {HTMLElement} scroller the element that scrolls
   * @param {HTMLElement} titles which stay at its top
   * @param {object} options
   * @param {(row: Row) => Marks} options.marks what to show of a row besides its numbers
   * @param {(symbol: string) => void} options.onClick called with the symbol of a row that was clicked
   * @param {(last: number) => void} options.onRender called with how many of the rows are on the page or above it
   */
  constructor(scroller, titles, options) {
    this.#scroller = scroller;
    this.#titles = titles;
    this.#options = options;
    this.element.append(this.#window);
    scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.element.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest(".row") : null;
      if (row instanceof HTMLElement && row.dataset.symbol) options.onClick(row.dataset.symbol);
    });
    new ResizeObserver(() => this.#measure()).observe(scroller);
  }

  /**
   * Show other columns.
   *
   * @param {Column[]} columns
   * @param {string} ranking the key of the column that ranks the board
   */
  setColumns(columns, ranking) {
    this.#columns = columns;
    this.#ranking = ranking;
    this.#views.clear();
    this.#unused = [];
    this.#window.replaceChildren();
    this.render();
  }

  /**
   * Show rows.
   *
   * @param {Row[]} rows in their order
   */
  show(rows) {
    this.#rows = rows;
    this.#spread();
    this.render();
  }

  /** The symbols on the page. */
  symbols() {
    return [...this.#views.keys()];
  }

  /**
   * The id of a symbol's row; null: it is not on the page.
   *
   * @param {string | null} symbol
   */
  idOf(symbol) {
    return (symbol === null ? undefined : this.#views.get(symbol))?.element.id ?? null;
  }

  /** Whole rows that fit into the view. */
  pageSize() {
    return Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
  }

  scrollToTop() {
    this.#goTo(0);
  }

  /**
   * Scroll until a row is in view.
   *
   * @param {number} position
   */
  scrollTo(position) {
    const top = position * this.#rowHeight;
    const lowest = top + this.#rowHeight - this.#height;
    if (top < this.#top) this.#goTo(top);
    if (lowest > this.#top) this.#goTo(lowest);
  }

  /** @param {number} top pixels */
  #goTo(top) {
    this.#scroller.scrollTop = top;
    this.#top = this.#scroller.scrollTop;
  }

  /**
   * Show which of the rows on the page have changed.
   *
   * @param {Set<string>} before the symbols of the board before
   * @param {Map<string, number | undefined>} prices before, of the rows that were on the page
   */
  showChanges(before, prices) {
    for (const [symbol, view] of this.#views) {
      const price = prices.get(symbol);
      if (!before.has(symbol)) view.enter();
      else if (view.price !== undefined && price !== undefined && view.price !== price) {
        view.tick(view.price > price ? "up" : "down");
      }
    }
  }

  /** The prices on the page, by symbol. @returns {Map<string, number | undefined>} */
  prices() {
    return new Map([...this.#views].map(([symbol, { price }]) => [symbol, price]));
  }

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.#scroller).getPropertyValue("--row-height"));
    this.#height = this.#scroller.clientHeight - this.#titles.offsetHeight;
    this.#top = this.#scroller.scrollTop;
    this.show(this.#rows);
  }

  #onScroll() {
    this.#top = this.#scroller.scrollTop;
    if (this.#isScrolling) return;
    this.#isScrolling = true;
    requestAnimationFrame(() => {
      this.#isScrolling = false;
      this.render();
    });
  }

  #spread() {
    const height = `${this.#rows.length * this.#rowHeight}px`;
    if (this.element.style.height !== height) this.element.style.height = height;
  }

  /** Put the rows in view on the page. A symbol keeps its element. */
  render() {
    const [first, last] = this.#inView();
    const rows = this.#rows.slice(first, last);
    this.#release(new Set(rows.map(({ symbol }) => symbol)));
    let next = this.#window.firstElementChild;
    rows.forEach((row, i) => {
      const view = this.#viewOf(row.symbol);
      view.show(row, first + i, this.#options.marks(row));
      if (view.element === next) next = next.nextElementSibling;
      else this.#window.insertBefore(view.element, next);
    });
    while (next) {
      const rest = next.nextElementSibling;
      next.remove();
      next = rest;
    }
    const place = `translateY(${first * this.#rowHeight}px)`;
    if (this.#window.style.transform !== place) this.#window.style.transform = place;
    this.#options.onRender(last);
  }

  /** The positions of the first row to render, and of the one behind the last. */
  #inView() {
    if (!this.#rowHeight || this.#columns.length === 0) return [0, 0];
    const first = Math.floor(this.#top / this.#rowHeight) - OVERSCAN;
    const last = Math.ceil((this.#top + this.#height) / this.#rowHeight) + OVERSCAN;
    return [Math.max(0, first), Math.min(this.#rows.length, last)];
  }

  /** @param {Set<string>} symbols that keep their elements */
  #release(symbols) {
    for (const [symbol, view] of this.#views) {
      if (symbols.has(symbol)) continue;
      this.#views.delete(symbol);
      this.#unused.push(view);
    }
  }

  /** @param {string} symbol */
  #viewOf(symbol) {
    let view = this.#views.get(symbol);
    if (!view) {
      view = this.#unused.pop() ?? new RowView(this.#columns, this.#ranking);
      this.#views.set(symbol, view);
    }
    return view;
  }
}
