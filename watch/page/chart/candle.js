// Candles as the gateway sends them: over HTTP those of a day, on the feed those that have changed.

import { isInstant } from "../gateway/validation.js";

/**
 * What traded in one interval.
 *
 * @typedef {object} Candle
 * @property {number} time when the interval begins, Unix milliseconds
 * @property {number} open dollars; 0 in all four prices: nothing in the interval has a price
 * @property {number} high dollars
 * @property {number} low dollars
 * @property {number} close dollars
 * @property {number} volume shares
 * @property {number} vwap the prices weighted by their volumes, dollars
 * @property {number} day_vwap that of the whole day up to its end, as the feed says, dollars; 0: the feed does not say
 */

/** Of what the feed's candles are made: one minute, milliseconds. */
export const MINUTE_MS = 60_000;

const NUMBERS = ["open", "high", "low", "close", "volume", "vwap", "day_vwap"];

/**
 * @param {any} value
 * @returns {value is Candle}
 */
function isCandle(value) {
  return isInstant(value?.time) && NUMBERS.every((name) => Number.isFinite(value[name]));
}

/**
 * The valid ones of some candles. A sum that has no end is written as null, and such a candle is left out.
 *
 * @param {unknown} value
 * @returns {Candle[]}
 */
export function readCandles(value) {
  if (!Array.isArray(value)) return [];
  return value.filter(isCandle);
}
