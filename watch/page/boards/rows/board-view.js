// A board's grid: titles and rows, filtered and sorted as its user wants them.

import { make } from "../../elements.js";
import { filteredRows } from "../filters/filtered-rows.js";
import { limitsOf, testedFields } from "../filters/filters.js";
import { newestEnd } from "../../row.js";
import { stoppedFor } from "../../trading-stop.js";
import { ColumnLayout } from "../columns/column-layout.js";
import { ColumnTitles } from "../columns/column-titles.js";
import { percentField, usualKeys } from "../columns/columns.js";
import { OrderPause } from "./order-pause.js";
import { moveOf } from "./rank-moves.js";
import { RowCursor } from "./row-cursor.js";
import { RowsView } from "./rows-view.js";
import { nextSort, sortedRows } from "./sorting.js";

/** @import { Board, Field } from "../../declarations.js" */
/** @import { Row } from "../../row.js" */
/** @import { Selection } from "../../selection/selection.js" */
/** @import { Trading } from "../../status/calendar.js" */
/** @import { Sparklines } from "../../sparklines/sparklines.js" */
/** @import { Frames } from "../../store/frames.js" */
/** @import { Want } from "../../store/want.js" */
/** @import { Filtered } from "../filters/filtered-rows.js" */
/** @import { Texts } from "../filters/filters.js" */
/** @import { Chosen, Column } from "../columns/columns.js" */
/** @import { PastRanks } from "./past-ranks.js" */
/** @import { Marks } from "./row-view.js" */
/** @import { Sort } from "./sorting.js" */

/**
 * What all boards share.
 *
 * @typedef {object} Shared
 * @property {Field[]} fields
 * @property {Frames} frames in which the page is drawn
 * @property {Selection} selection
 * @property {Sparklines} sparklines
 * @property {() => boolean} isLive whether the present is shown
 * @property {(symbol: string) => boolean} isWatched whether the watchlist that is shown has the symbol
 * @property {() => number | null} recorded for how long rows are recorded for fields that compare with minutes before,
 *   seconds; null: unknown
 * @property {() => Trading | null} trading the market while it trades; null: it is closed, or nobody knows
 */

/**
 * How much of a board is shown.
 *
 * @typedef {object} Counts
 * @property {number} shown rows
 * @property {number} all rows that came of the board
 * @property {boolean} isCut whether the board may have more
 * @property {Filtered} filtered what the filters do
 * @property {number | null} waiting rows that are not shown while the order is paused; null: it is not
 */

/** Rows that are enough while neither filters, another order nor scrolling ask for more. */
const FEW = 100;
/** Also of boards without columns of them: whether a symbol has stopped trading is judged by them. */
const ALWAYS = ["close", "end_timestamp", "accumulated_volume"];

/** Shows the rows of one board. */
export class BoardView {
  element = make("div", "grid", { role: "grid", tabindex: "0" });
  /** @type {Counts} */
  counts = { shown: 0, all: 0, isCut: false, filtered: filteredRows([], {}, ""), waiting: null };
  #board;
  #columns;
  #shared;
  #pastRanks;
  #onArranged;
  #onWant;
  #onChoice;
  #changeField;
  /** As published. @type {Row[]} */
  #rows = [];
  /** Filtered and sorted. @type {Row[]} */
  #shown = [];
  /** @type {Texts} */
  #texts = {};
  /** @type {Sort} */
  #sort = null;
  /** @type {OrderPause | null} */
  #pause = null;
  /** Of a paused board. @type {Set<string>} */
  #gone = new Set();
  #wantsAll = false;
  #titles;
  #list;
  #cursor;
  #layout;

  /**
   * @param {Board} board
   * @param {Map<string, Column>} columns those that the board can have, by key
   * @param {Shared} shared
   * @param {PastRanks | null} pastRanks null: nobody remembers them
   * @param {object} options
   * @param {() => void} options.onArranged called when `counts` may have changed
   * @param {() => void} options.onWant called when `want` may have changed
   * @param {() => void} options.onChoice called when the user has changed sort or columns
   * @param {() => void} options.onWidths called when `widths` has changed
   */
  constructor(board, columns, shared, pastRanks, { onArranged, onWant, onChoice, onWidths }) {
    this.#board = board;
    this.#columns = columns;
    this.#shared = shared;
    this.#pastRanks = pastRanks;
    this.#onArranged = onArranged;
    this.#onWant = onWant;
    this.#onChoice = onChoice;
    this.#changeField = percentField(board, shared.fields);
    this.element.setAttribute("aria-labelledby", `title-${board.name}`);
    this.element.setAttribute("aria-description", "Arrow keys go to a row, Enter selects its symbol");
    this.#titles = new ColumnTitles({
      onClick: (key) => this.#sortBy(key),
      onResize: (key, width) => this.#resize(key, width),
    });
    this.#list = new RowsView(this.element, this.#titles.element, {
      frames: shared.frames,
      marks: (row) => this.#marks(row),
      onClick: (symbol) => this.#cursor.pick(symbol),
      onRender: (last) => this.#onRender(last),
    });
    this.#cursor = new RowCursor(this.element, this.#list, shared.selection);
    this.element.append(this.#titles.element, this.#list.element);
    this.#layout = new ColumnLayout(this.element, board, columns, {
      onChange: (shown) => this.#setColumns(shown),
      onWidths,
    });
  }

  /** What the board has to bring. @returns {Want} */
  get want() {
    const chosen = this.#layout.chosen.map(({ key }) => key);
    // Not only those that fit: the gateway sends the same to all who have the usual columns, whatever their screens.
    const keys = [...(chosen.length > 0 ? chosen : usualKeys(this.#board)), ...(this.#sort ? [this.#sort.key] : [])];
    const tested = testedFields(limitsOf(this.#texts), this.#changeField);
    const read = keys.flatMap((key) => this.#columns.get(key)?.fields ?? []);
    const fields = new Set([...ALWAYS, this.#board.field, ...read, ...tested]);
    const isWhole = this.#wantsAll || this.#sort !== null || tested.length > 0;
    return { fields: [...fields], limit: isWhole ? undefined : FEW };
  }

  /** What the user chose. @returns {{ sort: Sort, chosen: Chosen[] }} */
  get choice() {
    return { sort: this.#sort, chosen: this.#layout.chosen };
  }

  /** Says which columns lie beyond the right side. */
  get more() {
    return this.#layout.more.element;
  }

  /** The pixels that its columns ask for. */
  get widths() {
    return this.#layout.asked;
  }

  /** What is shown: for files and the clipboard. @returns {{ columns: Column[], rows: Row[] }} */
  get content() {
    return { columns: this.#layout.columns, rows: this.#shown };
  }

  /** When the newest bar on the board ended, Unix milliseconds; 0: there is none. */
  get newest() {
    return newestEnd(this.#rows);
  }

  /** The symbols of the board, best first. */
  get symbols() {
    return this.#rows.map(({ symbol }) => symbol);
  }

  /**
   * Show a snapshot.
   *
   * @param {Row[]} rows as published, best first
   */
  update(rows) {
    const before = new Set(this.symbols);
    this.#rows = rows;
    // On the first snapshot every row is new.
    this.#arrange(new Set(before.size > 0 ? this.symbols.filter((symbol) => !before.has(symbol)) : []));
  }

  /**
   * Show only the rows that pass.
   *
   * @param {Texts} texts of the filters
   */
  filter(texts) {
    this.#texts = texts;
    this.#layout.filtered = testedFields(limitsOf(texts), this.#changeField);
    if (this.#pause) this.#pause = new OrderPause(this.#filtered().rows);
    this.#arrange();
  }

  /**
   * @param {Sort} sort null: by rank
   * @param {Chosen[]} chosen columns; empty: the usual ones
   */
  choose(sort, chosen) {
    this.#sort = sort;
    this.#titles.show(sort);
    this.#layout.chosen = chosen;
    this.#arrange();
  }

  /** @param {boolean} isPaused whether rows keep their places from now on */
  pause(isPaused) {
    this.#pause = isPaused ? new OrderPause(this.#shown) : null;
    this.#arrange();
  }

  /** Mark the symbol that is selected now. */
  select() {
    this.#list.render();
    this.#cursor.onSelected();
  }

  /** Show what changes by itself: ages, moves of ranks, and which symbols are watched. */
  refresh() {
    this.#list.render();
  }

  /** Let the keyboard choose among the rows. */
  focus() {
    this.element.focus({ preventScroll: true });
  }

  /** @param {string} key */
  #sortBy(key) {
    this.#sort = nextSort(this.#sort, key);
    this.#titles.show(this.#sort);
    this.#list.scrollToTop();
    if (this.#pause) this.#pause = new OrderPause(this.#filtered().rows);
    this.#arrange();
    this.#onWant();
    this.#onChoice();
  }

  /**
   * @param {string} key
   * @param {number} width pixels
   */
  #resize(key, width) {
    this.#layout.resize(key, width);
    this.#onWant();
    this.#onChoice();
  }

  /** @param {Column[]} columns */
  #setColumns(columns) {
    this.#titles.setColumns(columns);
    this.#list.setColumns(columns, this.#board.field);
  }

  /** What the filters do, with the rows that pass in their order. @returns {Filtered} */
  #filtered() {
    const filtered = filteredRows(this.#rows, this.#texts, this.#changeField);
    return { ...filtered, rows: sortedRows(filtered.rows, this.#sort) };
  }

  /**
   * Filter and sort the rows, and show them.
   *
   * @param {Set<string>} entered symbols that have come onto the board
   */
  #arrange(entered = new Set()) {
    const filtered = this.#filtered();
    const paused = this.#pause?.arrange(filtered.rows);
    this.#shown = paused?.rows ?? filtered.rows;
    this.#gone = paused?.gone ?? new Set();
    this.counts = {
      shown: this.#shown.length,
      all: this.#rows.length,
      isCut: this.want.limit !== undefined && this.#rows.length >= FEW,
      filtered,
      waiting: paused?.waiting ?? null,
    };
    this.element.setAttribute("aria-rowcount", String(this.#shown.length + 1));
    this.#cursor.setRows(this.#shown);
    this.#list.show(this.#shown, entered);
    this.#onArranged();
  }

  /**
   * @param {Row} row
   * @returns {Marks}
   */
  #marks(row) {
    const { sparklines, isWatched, trading } = this.#shared;
    const hasSpark = this.#layout.columns.some(({ kind }) => kind === "spark");
    return {
      isActive: row.symbol === this.#cursor.active,
      isGone: this.#gone.has(row.symbol),
      isWatched: isWatched(row.symbol),
      stopped: stoppedFor(row, trading()),
      move: moveOf(row.rank, this.#pastRanks?.of(row.symbol)),
      spark: hasSpark ? sparklines.of(row.symbol) : undefined,
    };
  }

  /** @param {number} last how many of the rows are on the page or above it */
  #onRender(last) {
    this.#cursor.point();
    if (this.#wantsAll || !this.counts.isCut || last < this.#shown.length) return;
    this.#wantsAll = true;
    this.#onWant();
  }
}
