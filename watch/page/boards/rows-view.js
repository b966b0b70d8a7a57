// The rows of a board. Only those in view are on the page.

import { make } from "../elements.js";
import { RowView } from "./row-view.js";

/** @import { Column } from "./columns.js" */
/** @import { Row } from "../row.js" */

/** Rows that are rendered above and below the view, so that a quick scroll finds them there. */
const OVERSCAN = 6;

/** A scrolled list of rows. */
export class RowsView {
  element = make("div", "view", { role: "rowgroup", tabindex: "-1" });
  #space = make("div", "space", { role: "presentation" });
  #window = make("div", "window", { role: "presentation" });
  #columns;
  #onRender;
  /** All rows, in the order in which they are shown. @type {Row[]} */
  #rows = [];
  /** The rows on the page, by symbol. @type {Map<string, RowView>} */
  #views = new Map();
  /** For other symbols. @type {RowView[]} */
  #unused = [];
  /** The symbol that the keyboard is at. @type {string | null} */
  #active = null;
  #rowHeight = 0;
  #height = 0;

  /**
   * @param {Column[]} columns
   * @param {object} options
   * @param {(symbol: string) => void} options.onClick called with the symbol of a row that was clicked
   * @param {(activeId: string | null) => void} options.onRender called with the id of the active row's element; null:
   *   it is not on the page
   */
  constructor(columns, { onClick, onRender }) {
    this.#columns = columns;
    this.#onRender = onRender;
    this.#space.append(this.#window);
    this.element.append(this.#space);
    this.element.addEventListener("scroll", () => requestAnimationFrame(() => this.#render()), { passive: true });
    this.element.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest(".row") : null;
      if (row instanceof HTMLElement && row.dataset.symbol) onClick(row.dataset.symbol);
    });
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  /**
   * Show rows.
   *
   * @param {Row[]} rows in their order
   * @param {string | null} active the symbol that the keyboard is at
   */
  show(rows, active) {
    this.#rows = rows;
    this.#active = active;
    this.#space.style.height = `${rows.length * this.#rowHeight}px`;
    this.#render();
  }

  /** Whole rows that fit into the view. */
  pageSize() {
    return Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
  }

  scrollToTop() {
    this.element.scrollTop = 0;
  }

  /**
   * Scroll until a row is in view.
   *
   * @param {number} position
   */
  scrollTo(position) {
    const top = position * this.#rowHeight;
    const lowest = top + this.#rowHeight - this.#height;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    if (lowest > this.element.scrollTop) this.element.scrollTop = lowest;
  }

  /**
   * Show which of the rows on the page have changed.
   *
   * @param {Map<string, number | undefined>} before the prices before, by symbol
   */
  showChanges(before) {
    for (const [symbol, view] of this.#views) {
      const price = before.get(symbol);
      if (price === undefined) view.enter();
      else if (view.price !== undefined && view.price !== price) view.tick(view.price > price ? "up" : "down");
    }
  }

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height"));
    this.#height = this.element.clientHeight;
    this.show(this.#rows, this.#active);
  }

  /** Put the rows in view on the page. A symbol keeps its element. */
  #render() {
    const [first, last] = this.#inView();
    const rows = this.#rows.slice(first, last);
    this.#release(new Set(rows.map(({ symbol }) => symbol)));
    let next = this.#window.firstElementChild;
    rows.forEach((row, i) => {
      const view = this.#viewOf(row.symbol);
      view.show(row, first + i, row.symbol === this.#active);
      if (view.element === next) next = next.nextElementSibling;
      else this.#window.insertBefore(view.element, next);
    });
    while (next) {
      const rest = next.nextElementSibling;
      next.remove();
      next = rest;
    }
    this.#window.style.transform = `translateY(${first * this.#rowHeight}px)`;
    const active = this.#active === null ? undefined : this.#views.get(this.#active);
    this.#onRender(active?.element.id ?? null);
  }

  /** The positions of the first row to render, and of the one behind the last. */
  #inView() {
    if (!this.#rowHeight) return [0, 0];
    const top = this.element.scrollTop;
    const first = Math.floor(top / this.#rowHeight) - OVERSCAN;
    const last = Math.ceil((top + this.#height) / this.#rowHeight) + OVERSCAN;
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
      view = this.#unused.pop() ?? new RowView(this.#columns);
      this.#views.set(symbol, view);
    }
    return view;
  }
}
