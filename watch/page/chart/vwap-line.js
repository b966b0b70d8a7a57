// The day's volume-weighted average price, as it developed.

/** @import { Candle } from "./candle.js" */

/**
 * Whether the feed says the average price of the whole day.
 *
 * @param {Candle[]} candles
 */
export function isOfDay(candles) {
  return candles.some(({ day_vwap: price }) => price > 0);
}

/**
 * The average price of all that traded on the day to the end of each candle, as the feed says; where it does not say, of
 * all that traded from the first candle on.
 *
 * @param {Candle[]} candles the oldest first
 * @returns {(number | null)[]} dollars, one a candle; null: unknown yet
 */
export function vwapLine(candles) {
  return isOfDay(candles) ? ofDay(candles) : ofCandles(candles);
}

/** @param {Candle[]} candles */
function ofDay(candles) {
  /** @type {number | null} */
  let newest = null;
  return candles.map(({ day_vwap: price }) => {
    newest = price || newest;
    return newest;
  });
}

/** @param {Candle[]} candles */
function ofCandles(candles) {
  let shares = 0;
  let dollars = 0;
  return candles.map(({ vwap, volume }) => {
    // Without a price there is nothing to weigh.
    if (vwap > 0) {
      shares += volume;
      dollars += vwap * volume;
    }
    return shares > 0 ? dollars / shares : null;
  });
}
