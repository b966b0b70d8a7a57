// Some fields of a row, as the server declares them.

/** @import { Board, Field } from "../../../../watch/page/declarations.js" */

/**
 * @param {string} name
 * @param {string} unit
 * @param {Partial<Field>} others
 * @returns {Field}
 */
export function field(name, unit = "times", others = {}) {
  return { name, title: name, about: name, unit, signed: false, unknown_if_zero: [], ...others };
}

/** Those that boards show. */
export const FIELDS = [
  field("free_float", "shares", { unknown_if_zero: ["free_float"] }),
  field("accumulated_volume", "shares"),
  field("relative_volume", "times", { unknown_if_zero: ["avg_volume"] }),
  field("close", "dollars"),
  field("aggregate_vwap", "dollars", { unknown_if_zero: ["aggregate_vwap"] }),
  field("prev_day_close", "dollars"),
  field("change", "dollars", { signed: true }),
  field("pct_change", "percent", { signed: true }),
  field("change_since_open", "dollars", { signed: true }),
  field("pct_change_since_open", "percent", { signed: true }),
];

/**
 * @param {string} rankedBy the field that ranks the board
 * @param {"close" | "open"} since
 * @returns {Board}
 */
export function board(rankedBy, since = "close") {
  return {
    name: "b",
    title: "B",
    caption: "by it",
    feed: "scanners:b",
    field: rankedBy,
    order: "descending",
    conditions: [],
    hours: [],
    change_since: since,
  };
}
