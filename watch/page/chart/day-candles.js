// The candles of a symbol's day.

import { MINUTE_MS } from "./candle.js";
import { resampled } from "./resampling.js";
import { isOfDay, vwapLine } from "./vwap-line.js";

/** @import { DayHours } from "../status/calendar.js" */
/** @import { Candle } from "./candle.js" */

/**
 * A candle, and the average price of the day up to its end; null: nothing has traded.
 *
 * @typedef {Candle & { dayVwap: number | null }} ShownCandle
 */

const DAY_MS = 86_400_000;

/** The candles of one minute of a day, read over HTTP and kept up by the feed. */
export class DayCandles {
  /** Unknown until the day has been read. @type {DayHours | null} */
  hours = null;
  /** By their times. @type {Map<number, Candle>} */
  #candles = new Map();

  /** Whether there is no candle. */
  get isEmpty() {
    return this.#candles.size === 0;
  }

  /**
   * Take what was read of a day. Other days are forgotten.
   *
   * The feed may have brought a newer state of a candle while the answer was on its way: as a candle's volume only
   * rises, the greater one counts.
   *
   * @param {DayHours} hours
   * @param {Candle[]} candles of one minute
   */
  read(hours, candles) {
    this.hours = hours;
    const came = [...this.#candles.values()].filter(({ time }) => time >= hours.day_start && !this.#isLater(time));
    this.#candles = new Map(candles.map((candle) => [candle.time, candle]));
    for (const candle of came) {
      const known = this.#candles.get(candle.time);
      if (!known || candle.volume > known.volume) this.#candles.set(candle.time, candle);
    }
  }

  /**
   * Take what the feed brings: each candle takes the place of the one of the same time.
   *
   * @param {Candle[]} candles of one minute, in any order
   * @returns {boolean} whether they may be of a later day, which has to be read
   */
  merge(candles) {
    for (const candle of candles) this.#candles.set(candle.time, candle);
    return candles.some(({ time }) => this.#isLater(time));
  }

  /** @param {number} time */
  #isLater(time) {
    return this.hours !== null && time >= this.hours.day_start + DAY_MS;
  }

  /** Since when the average price counts, Unix milliseconds; null: since the day began, or there is none. */
  get averagedSince() {
    if (this.isEmpty || isOfDay([...this.#candles.values()])) return null;
    return Math.min(...this.#candles.keys());
  }

  /**
   * The day's candles, the oldest first.
   *
   * @param {number} minutes of each
   * @returns {ShownCandle[]}
   */
  shown(minutes) {
    const byTime = [...this.#candles.values()].sort((a, b) => a.time - b.time);
    const candles = resampled(byTime, minutes * MINUTE_MS);
    const line = vwapLine(candles);
    return candles.map((candle, i) => ({ ...candle, dayVwap: line[i] }));
  }
}
