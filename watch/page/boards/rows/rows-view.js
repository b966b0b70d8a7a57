// The rows of a board. Only those in view are on the page.

import { make } from "../../elements.js";
import { RowView } from "./row-view.js";

/** @import { Column } from "../columns/columns.js" */
/** @import { Marks } from "./row-view.js" */
/** @import { Row } from "../../row.js" */
/** @import { Frames } from "../../store/frames.js" */

/** Rows that are rendered above and below the view. */
const OVERSCAN = 1;
/** The same while it is scrolled, so that a quick scroll finds them there, and for so long afterwards. */
const SCROLLING_OVERSCAN = 6;
const SCROLLING_MS = 1_000;
/** While anything on the page is scrolled, rows are rendered for so long in a frame: the browser needs several times as long to draw them. */
const RENDERING_MS = 4;
/** After so long, unless the page is being scrolled, elements are put into the order of their rows: to move one costs most of all. */
const ORDER_AFTER_MS = 250;

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
  /** Symbols that have come onto the board with the newest rows, and are not on the page yet. @type {Set<string>} */
  #entered = new Set();
  #orderTimer = 0;
  /** Milliseconds of performance.now(). */
  #scrolledAt = -Infinity;

  /**
   * @param {HTMLElement} scroller the element that scrolls
   * @param {HTMLElement} titles which stay at its top
   * @param {object} options
   * @param {Frames} options.frames in which they are rendered while the page is scrolled
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
   * @param {Set<string>} entered symbols that have come onto the board with them
   */
  show(rows, entered = new Set()) {
    this.#rows = rows;
    this.#entered = entered;
    this.#spread();
    this.render();
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

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.#scroller).getPropertyValue("--row-height"));
    this.#height = this.#scroller.clientHeight - this.#titles.offsetHeight;
    this.#top = this.#scroller.scrollTop;
    this.show(this.#rows);
  }

  #onScroll() {
    this.#top = this.#scroller.scrollTop;
    this.#scrolledAt = performance.now();
    this.#renderLater();
  }

  #renderLater() {
    const [first, last] = this.#inView(0);
    const isBlank = this.#rows.slice(first, last).some(({ symbol }) => !this.#views.has(symbol));
    this.#options.frames.add(this, () => this.render(), { isFirst: isBlank });
  }

  #spread() {
    const height = `${this.#rows.length * this.#rowHeight}px`;
    if (this.element.style.height !== height) this.element.style.height = height;
  }

  /**
   * Put the rows in view on the page, and then those around it. A symbol keeps its element. While the page is scrolled, an
   * element keeps its place in the document, and what a frame has no time for comes with the next ones.
   */
  render() {
    const now = performance.now();
    const wasScrolled = now - this.#scrolledAt < SCROLLING_MS;
    const isScrolling = wasScrolled || this.#options.frames.isScrolling;
    const [first, last] = this.#inView(wasScrolled ? SCROLLING_OVERSCAN : OVERSCAN);
    this.#release(new Set(this.#rows.slice(first, last).map(({ symbol }) => symbol)));
    const left = this.#byUrgency(first, last);
    while (left.length > 0 && !(isScrolling && performance.now() - now > RENDERING_MS)) {
      this.#renderRow(/** @type {number} */ (left.shift()));
    }
    if (left.length > 0) {
      this.#makeRoom(first, last);
      this.#renderLater();
    } else {
      // Until then they are kept in the document, to be used again.
      for (const view of this.#unused) view.element.remove();
    }
    if (isScrolling) this.#orderLater();
    else this.#order();
    this.#options.onRender(last);
  }

  /**
   * @param {number} first
   * @param {number} last
   * @returns {number[]} the positions to render, those in view first
   */
  #byUrgency(first, last) {
    const [top, bottom] = this.#inView(0);
    const positions = Array.from({ length: last - first }, (_, i) => first + i);
    const isInView = (/** @type {number} */ position) => position >= top && position < bottom;
    return [...positions.filter(isInView), ...positions.filter((position) => !isInView(position))];
  }

  /** @param {number} position */
  #renderRow(position) {
    const row = this.#rows[position];
    const view = this.#viewOf(row.symbol);
    view.show(row, position, position * this.#rowHeight, this.#options.marks(row));
    if (this.#entered.delete(row.symbol)) view.enter();
    if (!view.element.isConnected) this.#window.append(view.element);
  }

  /**
   * Rows that have moved may stand where others still are, which are late. Put those where nothing is.
   *
   * @param {number} first
   * @param {number} last
   */
  #makeRoom(first, last) {
    const shown = [...this.#views.values(), ...this.#unused].filter(({ element }) => element.isConnected);
    const isRight = (/** @type {RowView} */ { symbol, position }) => this.#rows[position]?.symbol === symbol;
    const taken = new Set(shown.filter(isRight).map(({ position }) => position));
    const late = shown.filter((view) => !isRight(view) && taken.has(view.position));
    const places = new Set(shown.map(({ position }) => position));
    const free = Array.from({ length: last - first }, (_, i) => first + i).filter((position) => !places.has(position));
    for (const view of late) {
      const position = free.shift();
      if (position === undefined) view.element.remove();
      else view.moveTo(position, position * this.#rowHeight);
    }
  }

  /**
   * The positions of the first row to render, and of the one behind the last.
   *
   * @param {number} overscan rows above and below the view
   */
  #inView(overscan) {
    if (!this.#rowHeight || this.#columns.length === 0) return [0, 0];
    const first = Math.floor(this.#top / this.#rowHeight) - overscan;
    const last = Math.ceil((this.#top + this.#height) / this.#rowHeight) + overscan;
    return [Math.max(0, first), Math.min(this.#rows.length, last)];
  }

  #orderLater() {
    clearTimeout(this.#orderTimer);
    this.#orderTimer = window.setTimeout(() => {
      if (this.#options.frames.isScrolling) this.#orderLater();
      else this.#order();
    }, ORDER_AFTER_MS);
  }

  /** Put the elements into the order of their rows, in which screen readers read them. */
  #order() {
    let next = this.#window.firstElementChild;
    for (const { element } of [...this.#views.values()].sort((a, b) => a.position - b.position)) {
      if (element === next) next = next.nextElementSibling;
      else this.#window.insertBefore(element, next);
    }
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
