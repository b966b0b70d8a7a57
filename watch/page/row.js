// A row of a board, or a quote.

import { timeOfDay } from "./status/new-york-time.js";

/**
 * The symbol, and numbers by field. Any number may be missing: what was not a number has been left out.
 *
 * @typedef {{ symbol: string } & { [field: string]: number | undefined }} Row
 */

/**
 * When the newest bar of some rows ended.
 *
 * @param {Row[]} rows
 * @returns {number} Unix milliseconds; 0: unknown.
 */
export function newestEnd(rows) {
  return rows.reduce((newest, { end_timestamp: end = 0 }) => Math.max(newest, end), 0);
}

/**
 * Whether a row is of the pre-market, whose open price it then has. The regular hours begin at 09:30 on every trading day.
 *
 * @param {Row} row
 */
export function isOfPreMarket({ start_timestamp: start }) {
  return start !== undefined && timeOfDay(start) < "09:30:00";
}
