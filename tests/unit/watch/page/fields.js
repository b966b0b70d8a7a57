// Some fields of a row, as the server declares them.

/** @import { Board, Field } from "../../../../watch/page/declarations.js" */

/**
 * @param {string} name
 * @param {string} unit
 * @param {string} unknownIfZero
 * @returns {Field}
 */
export function field(name, unit = "number", unknownIfZero = "") {
  return { name, title: name, about: name, unit, unknown_if_zero: unknownIfZero };
}

/** Those that boards show. */
export const FIELDS = [
  field("free_float", "shares", "free_float"),
  field("accumulated_volume", "shares"),
  field("relative_volume", "times", "avg_volume"),
  field("close", "dollars"),
  field("aggregate_vwap", "dollars", "aggregate_vwap"),
  field("prev_day_close", "dollars"),
  field("change", "change"),
  field("pct_change", "percent"),
  field("change_since_open", "change"),
  field("pct_change_since_open", "percent"),
];

/**
 * @param {string} rankedBy the field that ranks the board
 * @param {"close" | "open"} since
 * @returns {Board}
 */
export function board(rankedBy, since = "close") {
  return { name: "b", title: "B", caption: "by it", feed: "scanners:b", field: rankedBy, change_since: since };
}
