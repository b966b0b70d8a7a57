// The chart of the selected symbol.

import { make, makeText } from "../elements.js";
import { MINUTE_MS } from "./candle.js";
import { CandleLegend } from "./candle-legend.js";
import { CandleSource } from "./candle-source.js";
import { CandleTable } from "./candle-table.js";
import { ChartToolbar, INTERVALS } from "./chart-toolbar.js";
import { ThemeColours } from "./colours.js";
import { levels } from "./levels.js";
import { library } from "./library.js";
import { changedPoints, points } from "./plot.js";
import { PriceChart } from "./price-chart.js";

/** @import { Field } from "../declarations.js" */
/** @import { Panel } from "../layout/panel.js" */
/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Row } from "../row.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { Following, Store } from "../store/store.js" */
/** @import { Level } from "./levels.js" */
/** @import { Point } from "./plot.js" */

const USUAL_INTERVAL = INTERVALS[0];
const ATTRIBUTION = "https://www.tradingview.com/";
/** By how many places keys move the cross-hair. */
const STEPS = new Map([
  ["ArrowLeft", -1], ["ArrowRight", 1], ["PageUp", -10], ["PageDown", 10], ["Home", -Infinity], ["End", Infinity],
]);
const NONE = "Choose a symbol: click a row, or search.";
const HELP = "Arrow keys read the candles, Page Up and Page Down ten at a time, Home and End the first and the last. "
  + "Plus and minus show less or more of the day, 0 all of it.";

/** @implements {Panel} */
export class ChartPanel {
  element = make("div", "chart panel");
  #title = makeText("h2", "", "Chart");
  #plot = make("div", "plot", { tabindex: "0", role: "application", "aria-roledescription": "chart" });
  #note = make("p", "note", { role: "status" });
  #legend = new CandleLegend();
  #table = new CandleTable();
  #toolbar;
  #colours;
  #source;
  #fields;
  #store;
  #selection;
  #onChange;
  /** @type {PriceChart | null} */
  #chart = null;
  #isLoading = false;
  #minutes = USUAL_INTERVAL;
  #isTable = false;
  #isShown = false;
  /** What is followed. @type {string | null} */
  #symbol = null;
  /** @type {Following | null} */
  #quote = null;
  /** Prices that are marked. @type {Level[]} */
  #levels = [];
  /** What is drawn. @type {Point[]} */
  #points = [];
  /** Below the pointer, or where the keyboard is. @type {Point | null} */
  #pointed = null;

  /**
   * @param {object} parts
   * @param {Field[]} parts.fields of a row
   * @param {Store} parts.store
   * @param {Selection} parts.selection whose symbol is shown
   * @param {DeskTime} parts.time that is shown
   * @param {() => void} parts.onChange called when the settings have changed
   */
  constructor({ fields, store, selection, time, onChange }) {
    this.#fields = fields;
    this.#store = store;
    this.#selection = selection;
    this.#onChange = onChange;
    this.#source = new CandleSource({ store, time }, () => this.#draw());
    this.#toolbar = new ChartToolbar({
      onInterval: (minutes) => this.#choose({ minutes }),
      onZoom: (direction) => this.#chart?.zoom(direction),
      onDay: () => this.#chart?.showDay(),
      onTable: () => this.#choose({ isTable: !this.#isTable }),
    });
    this.#build();
    this.#colours = new ThemeColours(this.element, () => {
      if (this.#chart) this.#chart.colours = this.#colours.read();
    });
    this.#choose({});
    this.#plot.addEventListener("keydown", (event) => this.#onKey(event));
    this.#plot.addEventListener("blur", () => this.#dropCursor());
    selection.watch(() => this.#follow());
    this.#name(null);
    this.#draw();
  }

  #build() {
    const head = make("header", "chart-head");
    head.append(this.#title, this.#toolbar.element);
    const link = makeText("a", "attribution", "Charts by TradingView");
    link.href = ATTRIBUTION;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    const help = makeText("p", "hidden", HELP);
    help.id = "chart-help";
    this.#plot.setAttribute("aria-describedby", help.id);
    this.element.append(head, this.#note, this.#legend.element, this.#plot, this.#table.element, help, link);
  }

  // --- the panel's settings

  /** Which candles are shown, and whether as a table. @returns {{ minutes?: number, table?: true }} */
  settings() {
    return {
      ...(this.#minutes === USUAL_INTERVAL ? {} : { minutes: this.#minutes }),
      ...(this.#isTable ? { table: true } : {}),
    };
  }

  /** @param {any} settings */
  apply(settings) {
    const minutes = INTERVALS.find((each) => each === settings?.minutes) ?? USUAL_INTERVAL;
    this.#choose({ minutes, isTable: settings?.table === true });
  }

  /** @param {boolean} isShown */
  shown(isShown) {
    this.#isShown = isShown;
    this.#follow();
  }

  /** Go on to the next interval. */
  nextInterval() {
    this.#choose({ minutes: INTERVALS[(INTERVALS.indexOf(this.#minutes) + 1) % INTERVALS.length] });
  }

  /** Give the keyboard to the chart, or to the table in its place. */
  focus() {
    (this.#isTable ? this.#table.element : this.#plot).focus();
  }

  /** @param {{ minutes?: number, isTable?: boolean }} chosen */
  #choose({ minutes = this.#minutes, isTable = this.#isTable }) {
    const isOther = minutes !== this.#minutes || isTable !== this.#isTable;
    this.#minutes = minutes;
    this.#isTable = isTable;
    this.#toolbar.interval = minutes;
    this.#toolbar.isTable = isTable;
    this.#plot.hidden = isTable;
    this.#table.element.hidden = !isTable;
    if (!isOther) return;
    this.#forget();
    this.#draw();
    this.#onChange();
  }

  // --- the symbol

  /** Follow the selected symbol, while the panel is on the screen. */
  #follow() {
    const followed = this.#isShown ? this.#selection.symbol : null;
    if (followed !== null) void this.#load();
    if (followed === this.#symbol) return;
    this.#unfollow();
    this.#symbol = followed;
    if (followed !== null) {
      this.#source.follow(followed);
      this.#quote = this.#store.quotes([followed], (_, row) => this.#mark(row));
    }
    this.#name(followed);
    this.#draw();
  }

  #unfollow() {
    this.#source.close();
    this.#quote?.close();
    this.#quote = null;
    this.#forget();
    this.#mark(null);
  }

  /** @param {string | null} symbol null: none is selected */
  #name(symbol) {
    const title = symbol === null ? "Chart" : `Chart of ${symbol}`;
    this.#title.textContent = symbol ?? "Chart";
    this.#plot.setAttribute("aria-label", title);
    this.#table.title = symbol === null ? "Candles" : `Candles of ${symbol}`;
    this.element.classList.toggle("none", symbol === null);
  }

  /** Draw all the next time. */
  #forget() {
    this.#points = [];
    this.#pointed = null;
  }

  /** @param {Row | null} row */
  #mark(row) {
    this.#levels = levels(row, this.#fields);
    this.#legend.levels = this.#levels;
    if (this.#chart) this.#chart.levels = this.#levels;
  }

  // --- drawing

  async #load() {
    if (this.#chart || this.#isLoading) return;
    this.#isLoading = true;
    try {
      const loaded = await library();
      this.#chart = new PriceChart(loaded, this.#plot, this.#colours.read(), (point) => this.#point(point));
      this.#chart.levels = this.#levels;
      this.#forget();
      this.#draw();
    } catch {
      this.#say("The chart could not be loaded. The table shows its candles.");
    } finally {
      this.#isLoading = false;
    }
  }

  #draw() {
    this.#say(this.#symbol === null ? NONE : this.#source.note);
    const interval = this.#minutes * MINUTE_MS;
    const { day } = this.#source;
    const shown = this.#symbol === null ? [] : points(day.shown(this.#minutes), interval);
    this.element.classList.toggle("stale", this.#symbol !== null && this.#source.isStale);
    this.#legend.since = this.#symbol === null ? null : day.averagedSince;
    const changed = changedPoints(this.#points, shown);
    this.#points = shown;
    if (this.#isTable) this.#table.draw(shown, changed);
    else this.#chart?.draw(shown, changed, day.hours);
    const pointed = shown.find(({ time }) => time === this.#pointed?.time);
    this.#legend.point = pointed ?? shown.findLast(({ candle }) => candle !== null) ?? null;
  }

  /** @param {string} note */
  #say(note) {
    // Screen readers say it again whenever it is set.
    if (this.#note.textContent !== note) this.#note.textContent = note;
  }

  /** @param {Point | null} point */
  #point(point) {
    this.#pointed = point;
    this.#legend.point = point ?? this.#points.at(-1) ?? null;
  }

  // --- by keyboard

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.#chart) return;
    const step = STEPS.get(event.key);
    if (step !== undefined) this.#move(step);
    else if (event.key === "+" || event.key === "=") this.#chart.zoom("in");
    else if (event.key === "-") this.#chart.zoom("out");
    else if (event.key === "0") this.#chart.showDay();
    else return;
    event.preventDefault();
  }

  /** @param {number} step */
  #move(step) {
    const point = this.#chart?.moveCursor(step);
    if (!point) return;
    this.#point(point);
    this.#legend.announce(point);
  }

  #dropCursor() {
    this.#chart?.dropCursor();
    this.#point(null);
  }
}
