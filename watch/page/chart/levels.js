// Prices of the day that a chart marks with a line.

import { isUnknown } from "../field-text.js";
import { isOfPreMarket } from "../row.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/**
 * A marked price.
 *
 * @typedef {object} Level
 * @property {string} field of the row
 * @property {string} name
 * @property {string} letters that stand for it where there is little room
 * @property {number} price dollars
 */

/** @type {Omit<Level, "price">[]} */
const MARKED = [
  { field: "prev_day_close", name: "Previous close", letters: "PC" },
  { field: "open", name: "Session open", letters: "OPEN" },
  { field: "pre_high", name: "Pre-market high", letters: "PMH" },
  { field: "pre_low", name: "Pre-market low", letters: "PML" },
];

/** The open price of a row before 09:30. */
const PRE_MARKET_OPEN = { name: "Pre-market open", letters: "PMO" };

/**
 * Those that are known.
 *
 * @param {Row | null} row of the symbol
 * @param {Field[]} fields of a row
 * @returns {Level[]}
 */
export function levels(row, fields) {
  if (row === null) return [];
  return MARKED.flatMap((marked) => {
    const field = fields.find(({ name }) => name === marked.field);
    const price = row[marked.field];
    if (!field || !price || isUnknown(row, field)) return [];
    const early = marked.field === "open" && isOfPreMarket(row) ? PRE_MARKET_OPEN : {};
    return [{ ...marked, ...early, price }];
  });
}
