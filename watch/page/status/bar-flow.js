// Whether bars come: a feed that has stopped is not a market in which little trades.

/** Milliseconds without bars from which on the feed has stopped, in a market in which something trades each second. */
const HALTED_MS = 5_000;
/** By so many of the usual intervals, where those are longer. */
const INTERVALS = 4;
/** A market in which even less trades counts as stopped. */
const LONGEST_USUAL_MS = 15_000;
/** How much the newest interval counts. */
const WEIGHT = 0.2;

/** Notes when bars come. Times are milliseconds of performance.now(). */
export class BarFlow {
  /** @type {number | null} */
  #cameAt = null;
  #usual = 1_000;

  /**
   * Bars have come.
   *
   * @param {number} at when; it may be before the last time
   */
  came(at) {
    if (this.#cameAt === null) this.#cameAt = at;
    const interval = at - this.#cameAt;
    if (interval <= 0) return;
    this.#cameAt = at;
    this.#usual += WEIGHT * (Math.min(interval, LONGEST_USUAL_MS) - this.#usual);
  }

  /**
   * Milliseconds without bars.
   *
   * @param {number} now
   * @param {number} since when the market's hours began: before them none could come
   * @returns {number} 0 where nothing is known yet
   */
  silence(now, since) {
    return this.#cameAt === null ? 0 : Math.max(0, now - Math.max(this.#cameAt, since));
  }

  /**
   * Whether a silence is too long for a market in which bars came as often as they did.
   *
   * @param {number} silence milliseconds
   */
  isHalted(silence) {
    return silence > Math.max(HALTED_MS, INTERVALS * this.#usual);
  }
}
