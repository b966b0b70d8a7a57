// Candles of several minutes, made of those of one minute as the server makes them (history/queries/candles.py).

/** @import { Candle } from "./candle.js" */

/**
 * Candles of a longer interval.
 *
 * A candle without prices counts with its volume only.
 *
 * @param {Candle[]} candles the oldest first
 * @param {number} milliseconds of the longer interval
 * @returns {Candle[]} the oldest first
 */
export function resampled(candles, milliseconds) {
  /** @type {Candle[]} */
  const longer = [];
  for (const candle of candles) {
    const time = candle.time - (candle.time % milliseconds);
    const last = longer.at(-1);
    if (last?.time === time) longer[longer.length - 1] = joined(last, candle);
    else longer.push({ ...candle, time });
  }
  return longer;
}

/**
 * @param {Candle} first
 * @param {Candle} second
 * @returns {Candle}
 */
function joined(first, second) {
  const volume = first.volume + second.volume;
  const close = second.close || first.close;
  return {
    time: first.time,
    open: first.open || second.open,
    high: Math.max(first.high, second.high),
    low: first.low && second.low ? Math.min(first.low, second.low) : first.low || second.low,
    close,
    volume,
    vwap: volume > 0 ? (first.vwap * first.volume + second.vwap * second.volume) / volume : close,
    day_vwap: second.day_vwap || first.day_vwap,
  };
}
