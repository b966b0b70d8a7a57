// The day's volume-weighted average price, as it developed.

/** @import { Candle } from "./candle.js" */

/**
 * The average price of all that traded from the day's first candle to the end of each one.
 *
 * @param {Candle[]} candles the oldest first
 * @returns {(number | null)[]} dollars, one a candle; null: nothing has traded yet
 */
export function vwapLine(candles) {
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
