// Which rows pass the user's filters.

/** @import { Row } from "../row.js" */

/**
 * By the filter's name, in the address and on the page: whether a row passes.
 *
 * @type {Record<string, (row: Row, limit: number) => boolean>}
 */
const TESTS = {
  min_price: ({ close = NaN }, limit) => close >= limit,
  max_price: ({ close = NaN }, limit) => close <= limit,
  // 0: unknown, which may be any size.
  max_float: ({ free_float: float = NaN }, limit) => float > 0 && float <= limit,
  min_relative_volume: ({ relative_volume: multiple = NaN }, limit) => multiple >= limit,
  min_volume: ({ accumulated_volume: volume = NaN }, limit) => volume >= limit,
};

/** The names of the filters. */
export const FILTERS = Object.keys(TESTS);

/** @type {Record<string, number>} */
const UNITS = { "": 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/**
 * The number that a person means by `1.5M`, `200k`, `$12.30` or `1,000`.
 *
 * @param {string} text
 * @returns {number | null} null: it is not a number.
 */
export function parseNumber(text) {
  const found = /^\$?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*([kmbt]?)$/i.exec(text.trim());
  return found && Number(found[1].replaceAll(",", "")) * UNITS[found[2].toUpperCase()];
}

/**
 * A test that rows pass where they are within all of the limits. A limit that is not a number is ignored.
 *
 * @param {Map<string, number | null>} limits by filter
 * @returns {(row: Row) => boolean}
 */
export function passesAll(limits) {
  return (row) => [...limits].every(([name, limit]) => limit === null || TESTS[name](row, limit));
}

/**
 * What is wrong with the limits, in a sentence; empty: nothing.
 *
 * @param {Map<string, string>} texts as typed, by filter; those that are not empty
 * @param {Map<string, number | null>} limits what they mean
 */
export function mistakeIn(texts, limits) {
  for (const [name, text] of texts) {
    if (limits.get(name) === null) return `\u201c${text}\u201d is no number. Try 12.50, 200k or 1.5M.`;
  }
  const [lowest = null, highest = null] = [limits.get("min_price"), limits.get("max_price")];
  const isCrossed = lowest !== null && highest !== null && lowest > highest;
  return isCrossed ? "The lowest price is above the highest." : "";
}
