// How often symbols trade, and so which of them have stopped.

/** @import { Row } from "../../row.js" */

const STALE_SECONDS = 30;
const STALE_INTERVALS = 4;
/** Of a symbol whose usual interval is not known yet: thin symbols pause for a minute and more. */
const STALE_UNKNOWN_SECONDS = 120;
/** The weight of the newest interval in the usual one. */
const WEIGHT = 0.25;

/** Learns each symbol's usual interval between two bars from those that come. One serves all boards. */
export class TradingPace {
  /** By symbol: when its newest bar ended, Unix milliseconds, and its usual interval, milliseconds; 0: unknown. */
  #symbols = /** @type {Map<string, { end: number, interval: number }>} */ (new Map());

  /** @param {Iterable<Row>} rows that are new, or may have changed */
  see(rows) {
    for (const { symbol, end_timestamp: end } of rows) {
      if (end === undefined) continue;
      const seen = this.#symbols.get(symbol);
      if (!seen) {
        this.#symbols.set(symbol, { end, interval: 0 });
      } else if (end > seen.end) {
        const interval = end - seen.end;
        seen.interval = seen.interval ? seen.interval + WEIGHT * (interval - seen.interval) : interval;
        seen.end = end;
      } else if (end < seen.end) {
        // Another day, or another second of the past is shown.
        this.#symbols.set(symbol, { end, interval: 0 });
      }
    }
  }

  /**
   * For how long a symbol that stopped trading has not traded: it trails the market by half a minute and by four times
   * its usual interval, or by two minutes while two of its bars have not come yet.
   *
   * @param {Row} row
   * @param {number | null} now the market's time, Unix milliseconds; null: unknown
   * @returns {number} seconds; 0: it trades as it uses to, or nobody knows
   */
  stopped({ symbol, end_timestamp: end }, now) {
    if (now === null || end === undefined) return 0;
    const seconds = (now - end) / 1000;
    const interval = this.#symbols.get(symbol)?.interval ?? 0;
    const limit = interval ? Math.max(STALE_SECONDS, (STALE_INTERVALS * interval) / 1000) : STALE_UNKNOWN_SECONDS;
    return seconds >= limit ? seconds : 0;
  }
}

/**
 * `45s`, `4m`, `3h`: short enough for a cell.
 *
 * @param {number} seconds
 */
export function shortAge(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`;
}
