// Candles on a trading day, Friday 20 November 2026.

/** @import { Candle } from "../../../../watch/page/chart/candle.js" */
/** @import { DayHours } from "../../../../watch/page/status/calendar.js" */

/** @type {DayHours} */
export const HOURS = {
  day_start: Date.parse("2026-11-20T04:00:00-05:00"),
  open: Date.parse("2026-11-20T09:30:00-05:00"),
  close: Date.parse("2026-11-20T16:00:00-05:00"),
  trading_end: Date.parse("2026-11-20T20:00:00-05:00"),
};

/**
 * A time of the day in New York, Unix milliseconds.
 *
 * @param {string} time `09:31`
 */
export function at(time) {
  return Date.parse(`2026-11-20T${time}:00-05:00`);
}

/**
 * A candle in which one price traded.
 *
 * @param {string} time `09:31`
 * @param {number} price dollars
 * @param {Partial<Candle>} others
 * @returns {Candle}
 */
export function candle(time, price = 10, others = {}) {
  const prices = { open: price, high: price, low: price, close: price, vwap: price };
  return { time: at(time), ...prices, volume: 100, day_vwap: 0, ...others };
}
