// What of candles is plotted: points along the time axis, and which of them have changed.

/** @import { ShownCandle } from "./day-candles.js" */

/**
 * One place on the time axis; null: nothing traded in its interval.
 *
 * @typedef {{ time: number, candle: ShownCandle | null }} Point
 */

/** More places than a day has are those of junk, and would stop the page. */
const MOST_POINTS = 2_000;

/**
 * A point for each interval from the first candle to the last. Time runs evenly, so that a halt is a gap.
 *
 * @param {ShownCandle[]} candles the oldest first
 * @param {number} milliseconds of an interval
 * @returns {Point[]}
 */
export function points(candles, milliseconds) {
  const last = candles.at(-1);
  if (!last) return [];
  const byTime = new Map(candles.map((candle) => [candle.time, candle]));
  const first = Math.max(candles[0].time, last.time - (MOST_POINTS - 1) * milliseconds);
  return Array.from({ length: (last.time - first) / milliseconds + 1 }, (_, i) => {
    const time = first + i * milliseconds;
    return { time, candle: byTime.get(time) ?? null };
  });
}

/**
 * The points that have to be drawn anew, if only the last one has changed and others were added behind it.
 *
 * @param {Point[]} before
 * @param {Point[]} after
 * @returns {Point[] | null} null: all have to be
 */
export function changedPoints(before, after) {
  if (before.length === 0 || after.length < before.length) return null;
  const last = before.length - 1;
  if (before[last].time !== after[last].time) return null;
  if (!before.every((point, i) => i === last || isSame(point, after[i]))) return null;
  return after.slice(isSame(before[last], after[last]) ? before.length : last);
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function isSame(a, b) {
  if (a.time !== b.time || !a.candle || !b.candle) return a.time === b.time && a.candle === b.candle;
  const [one, other] = [a.candle, b.candle];
  return (
    one.close === other.close &&
    one.volume === other.volume &&
    one.high === other.high &&
    one.low === other.low &&
    one.open === other.open &&
    one.dayVwap === other.dayVwap
  );
}
