// The session's prices of the symbols that are on the screen, for boards and watchlist alike.

import { askHistory } from "../gateway/requests.js";
import { readSparklines } from "../gateway/validation.js";

/** @import { DeskTime } from "../past/desk-time.js" */

/** A line has one point for some minutes. */
const FRESH_MS = 60_000;
/** After so long lines are asked for again that the gateway could not answer. */
const RETRY_MS = 5_000;
/** Scrolling brings new symbols with each frame: they are asked for together. */
const COLLECT_MS = 300;
const MOST_SYMBOLS = 100;
/** Who plays or drags a slider passes many minutes: only lines of that at which they stay are asked for. */
const STAY_MS = 1_500;

/** Asks the gateway for lines when somebody shows their symbols. In the past they are of the minute that is shown. */
export class Sparklines {
  /** By symbol: the prices, and when they were asked for, milliseconds of performance.now(). */
  #lines = /** @type {Map<string, { prices: number[] | undefined, askedAt: number }>} */ (new Map());
  #time;
  #canAsk;
  /** @type {Set<string>} */
  #wanted = new Set();
  #timer = 0;
  /** Of which the lines are, as Unix minutes; null: of now. @type {number | null} */
  #minute = null;
  /** Since when, milliseconds of performance.now(). */
  #since = -Infinity;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {DeskTime} time
   * @param {() => boolean} canAsk whether the gateway is there, and has the key
   */
  constructor(time, canAsk) {
    this.#time = time;
    this.#canAsk = canAsk;
    time.watch(() => this.#onTime());
  }

  #onTime() {
    const { at } = this.#time;
    const minute = at === null ? null : Math.floor(at / FRESH_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#since = performance.now();
    this.#lines.clear();
    this.#wanted.clear();
    clearTimeout(this.#timer);
    this.#draw();
  }

  /** @param {() => void} listener called when there are other lines */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /**
   * A symbol's prices of the session. Those that are not known yet, or are a minute old, are asked for.
   *
   * @param {string} symbol
   * @returns {number[] | undefined} undefined: unknown yet
   */
  of(symbol) {
    const line = this.#lines.get(symbol);
    const now = performance.now();
    const stays = this.#minute === null || now - this.#since >= STAY_MS;
    if (!this.#canAsk() || !stays) return line?.prices;
    if (!line || now - line.askedAt > FRESH_MS) this.#want(symbol);
    return line?.prices;
  }

  /** @param {string} symbol */
  #want(symbol) {
    if (this.#wanted.size === 0) this.#timer = window.setTimeout(() => this.#ask(), COLLECT_MS);
    this.#wanted.add(symbol);
    if (this.#wanted.size >= MOST_SYMBOLS) {
      clearTimeout(this.#timer);
      void this.#ask();
    }
  }

  /**
   * The lines stay as they are until there is an answer.
   *
   * @param {string[]} symbols
   * @param {number} askedAt milliseconds of performance.now()
   */
  #noteAsked(symbols, askedAt) {
    for (const symbol of symbols) this.#lines.set(symbol, { prices: this.#lines.get(symbol)?.prices, askedAt });
  }

  async #ask() {
    const symbols = [...this.#wanted];
    this.#wanted.clear();
    const askedAt = performance.now();
    this.#noteAsked(symbols, askedAt);
    const minute = this.#minute;
    const at = this.#time.at === null ? "" : `&at=${new Date(this.#time.at).toISOString()}`;
    const answer = await askHistory(`api/sparklines?symbols=${symbols.map(encodeURIComponent).join(",")}${at}`)
      .then((response) => (response.status < 500 ? response.json() : null))
      .catch(() => null);
    if (minute !== this.#minute) return;
    if (answer === null) this.#noteAsked(symbols, performance.now() - FRESH_MS + RETRY_MS);
    for (const [symbol, prices] of readSparklines(answer)) this.#lines.set(symbol, { prices, askedAt });
    this.#draw();
  }

  /** Ask for all again: the gateway is back, and knows what was missed. */
  refresh() {
    for (const line of this.#lines.values()) line.askedAt = -Infinity;
    this.#draw();
  }

  #draw() {
    for (const listener of this.#listeners) listener();
  }
}
