// Which columns a grid shows, and how wide they are.

import { make } from "../../elements.js";
import { LEAST_SHARE, essentialKeys, fitting } from "./columns.js";
import { MoreColumns } from "./more-columns.js";

/** @import { Board } from "../../declarations.js" */
/** @import { Chosen, Column } from "./columns.js" */

const PADDING = 8;
const NARROWEST = 24;
const WIDEST = 400;
/** Sides of a board: its border, and a scroll bar where it takes room. */
const SIDES = 12;
/** Pixels that a board asks for at most. With more columns it is scrolled sideways. */
const MOST_ASKED = 480;

/** Measures the grid and its letters, and lays out its columns. */
export class ColumnLayout {
  #grid;
  #board;
  #all;
  #onChange;
  #onWidths;
  /** Says which columns lie beyond the right side. */
  more;
  /**
   * The pixels that the board asks for. `wanted`: in which the columns fit that the user chose, or those that the board
   * is about. `needed`: in which those fit up to the one that ranks.
   */
  asked = { needed: 0, wanted: 0 };
  /** Its width tells how wide letters are, whatever font, zoom and spacing the user has. */
  #ruler = make("span", "ruler", { "aria-hidden": "true" });
  #digit = 7;
  /** Those that the user chose, in their order; empty: the usual ones that fit. @type {Chosen[]} */
  #chosen = [];
  /** Fields that are filtered by. @type {string[]} */
  #filtered = [];
  /** Those that are shown. @type {Column[]} */
  columns = [];

  /**
   * @param {HTMLElement} grid
   * @param {Board} board
   * @param {Map<string, Column>} all by key
   * @param {object} options
   * @param {(columns: Column[]) => void} options.onChange called with the columns whenever others are shown
   * @param {() => void} options.onWidths called when `asked` has changed
   */
  constructor(grid, board, all, { onChange, onWidths }) {
    this.#grid = grid;
    this.#board = board;
    this.#all = all;
    this.#onChange = onChange;
    this.#onWidths = onWidths;
    this.more = new MoreColumns(grid);
    this.#ruler.textContent = "0000000000";
    grid.append(this.#ruler);
    const observer = new ResizeObserver(() => this.arrange());
    observer.observe(grid);
    observer.observe(this.#ruler);
  }

  get chosen() {
    return this.#chosen;
  }

  set chosen(chosen) {
    this.#chosen = chosen;
    this.arrange();
  }

  /** @param {string[]} fields that are filtered by: they are shown before others */
  set filtered(fields) {
    this.#filtered = fields;
    this.arrange();
  }

  /**
   * Make a column as wide as its user wants it, and leave the others as they are.
   *
   * @param {string} key
   * @param {number} width pixels
   */
  resize(key, width) {
    const within = Math.max(NARROWEST, Math.min(WIDEST, width));
    const shown = this.columns.map((column) => {
      return this.#chosen.find((chosen) => chosen.key === column.key) ?? { key: column.key };
    });
    this.chosen = shown.map((chosen) => (chosen.key === key ? { key, width: within } : chosen));
  }

  /** Show the columns that there is room for, or those that were chosen. */
  arrange() {
    const room = this.#grid.clientWidth;
    const digit = this.#ruler.getBoundingClientRect().width / 10;
    if (room === 0 || digit === 0) return;
    this.#digit = digit;
    const style = getComputedStyle(this.#grid);
    const padding = 2 * parseFloat(style.getPropertyValue("--row-padding"));
    const keys = this.#chosen.length > 0
      ? this.#chosen.map(({ key }) => key)
      : fitting(this.#board, this.#filtered, (key) => this.#width(key), room - padding);
    const widths = this.#lay(keys, room, padding);
    this.more.show(keys.map((key, i) => ({ title: this.#all.get(key)?.title ?? key, width: widths[i] })));
    this.#ask(padding);
    if (keys.join() === this.columns.map(({ key }) => key).join()) return;
    this.columns = keys.flatMap((key) => this.#all.get(key) ?? []);
    this.#onChange(this.columns);
  }

  /**
   * @param {string[]} keys
   * @param {number} room pixels
   * @param {number} padding of a row, pixels
   * @returns {number[]} their widths, the least that they get
   */
  #lay(keys, room, padding) {
    const fixed = new Map(this.#chosen.map(({ key, width }) => [key, width]));
    const usual = keys.map((key) => fixed.get(key) ?? this.#width(key));
    const share = Math.max(LEAST_SHARE, Math.min(1, (room - padding) / sum(usual)));
    const widths = keys.map((key, i) => fixed.get(key) ?? Math.floor(usual[i] * share));
    // Their texts may need to be cut.
    this.#grid.classList.toggle("narrowed", keys.some((key, i) => widths[i] < this.#width(key)));
    // What is left over is for all but the narrow ones and those whose width was chosen.
    const grows = keys.map((key) => fixed.get(key) === undefined && key !== "rank" && key !== "move");
    const template = grown(widths, grows, room - padding).map((width) => `${width}px`);
    this.#grid.style.setProperty("--columns", template.join(" "));
    this.#grid.style.setProperty("--rows-width", `${sum(widths) + padding}px`);
    return widths;
  }

  /** @param {number} padding of a row, pixels */
  #ask(padding) {
    /** @type {Chosen[]} */
    const columns = this.#chosen.length > 0 ? this.#chosen : essentialKeys(this.#board).map((key) => ({ key }));
    const widths = columns.map(({ key, width }) => width ?? this.#width(key) * LEAST_SHARE);
    const ranking = columns.findIndex(({ key }) => key === this.#board.field);
    const [needed, wanted] = [widths.slice(0, ranking + 1), widths].map((each) => {
      return Math.min(MOST_ASKED, Math.ceil(sum(each) + padding + SIDES));
    });
    if (needed === this.asked.needed && wanted === this.asked.wanted) return;
    this.asked = { needed, wanted };
    this.#onWidths();
  }

  /**
   * A column's usual width, pixels; 0: there is no such column.
   *
   * @param {string} key
   */
  #width(key) {
    const column = this.#all.get(key);
    return column ? Math.ceil(column.digits * this.#digit) + PADDING : 0;
  }
}

/**
 * Widths of columns once some of them share what is left over. In whole pixels: a browser lays out rows of those with
 * less effort than rows of shares, each of which it divides anew.
 *
 * @param {number[]} widths
 * @param {boolean[]} grows which of them grow
 * @param {number} room for all of them
 */
export function grown(widths, grows, room) {
  const growing = sum(widths.filter((_, i) => grows[i]));
  const factor = Math.max(1, (room - sum(widths) + growing) / growing);
  return widths.map((width, i) => (grows[i] ? Math.floor(width * factor) : width));
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, number) => all + number, 0);
}
