// The present session's prices of the symbols that are on the screen, for boards and watchlist alike.

import { ask } from "../gateway/requests.js";
import { readSparklines } from "../gateway/validation.js";

/** @import { DeskTime } from "../past/desk-time.js" */

/** A line has one point for some minutes. */
const FRESH_MS = 60_000;
/** Scrolling brings new symbols with each frame: they are asked for together. */
const COLLECT_MS = 300;
const MOST_SYMBOLS = 100;

/** Asks the gateway for lines when somebody shows their symbols. In the past there are none: they are of now. */
export class Sparklines {
  /** By symbol: the prices, and when they were asked for, milliseconds of performance.now(). */
  #lines = /** @type {Map<string, { prices: number[] | undefined, askedAt: number }>} */ (new Map());
  #time;
  #canAsk;
  /** @type {Set<string>} */
  #wanted = new Set();
  #timer = 0;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {DeskTime} time
   * @param {() => boolean} canAsk whether the gateway is there, and has the key
   */
  constructor(time, canAsk) {
    this.#time = time;
    this.#canAsk = canAsk;
    time.watch(() => this.#draw());
  }

  /** @param {() => void} listener called when there are other lines */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /**
   * A symbol's prices of the session. Those that are not known yet, or are a minute old, are asked for.
   *
   * @param {string} symbol
   * @returns {number[] | undefined} undefined: unknown yet, or the past is shown
   */
  of(symbol) {
    if (!this.#time.isLive) return undefined;
    const line = this.#lines.get(symbol);
    if (!this.#canAsk()) return line?.prices;
    if (!line || performance.now() - line.askedAt > FRESH_MS) this.#want(symbol);
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

  async #ask() {
    const symbols = [...this.#wanted];
    this.#wanted.clear();
    const askedAt = performance.now();
    // Where the gateway does not answer, the lines stay as they are for another minute.
    for (const symbol of symbols) this.#lines.set(symbol, { prices: this.#lines.get(symbol)?.prices, askedAt });
    const answer = await ask(`api/sparklines?symbols=${symbols.map(encodeURIComponent).join(",")}`).catch(() => null);
    for (const [symbol, prices] of readSparklines(answer)) this.#lines.set(symbol, { prices, askedAt });
    this.#draw();
  }

  #draw() {
    for (const listener of this.#listeners) listener();
  }
}
