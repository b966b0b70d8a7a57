// Which parts of a chart are shaded: the hours beside the regular ones.

/** @import { DayHours } from "../status/calendar.js" */

/** @typedef {"pre" | "regular" | "post"} Hours */

/** @type {Record<Hours, string>} */
export const HOURS_NAMES = { pre: "Pre-market", regular: "Regular hours", post: "After hours" };

/**
 * The hours to which a time of the day belongs.
 *
 * @param {number} time Unix milliseconds
 * @param {DayHours} hours of the day
 * @returns {Hours}
 */
export function hoursAt(time, { open, close }) {
  if (time < open) return "pre";
  return time < close ? "regular" : "post";
}

/**
 * The runs of times that lie beside the regular hours.
 *
 * @param {number[]} times of candles, rising, Unix milliseconds
 * @param {DayHours} hours of the day
 * @returns {{ hours: Hours, from: number, to: number }[]} the first and the last time of each run
 */
export function shadedSpans(times, hours) {
  /** @type {{ hours: Hours, from: number, to: number }[]} */
  const spans = [];
  for (const part of /** @type {Hours[]} */ (["pre", "post"])) {
    const from = times.find((time) => hoursAt(time, hours) === part);
    const to = times.findLast((time) => hoursAt(time, hours) === part);
    if (from !== undefined && to !== undefined) spans.push({ hours: part, from, to });
  }
  return spans;
}
