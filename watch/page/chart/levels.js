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

/**
 * The labels that have room: those that lie within the span, and over none before them.
 *
 * @template {{ y: number }} Label
 * @param {Label[]} labels the most important first; `y` is a label's middle
 * @param {{ from: number, to: number }} span
 * @param {number} height of a label
 * @returns {Label[]}
 */
export function apart(labels, { from, to }, height) {
  /** @type {Label[]} */
  const kept = [];
  for (const label of labels) {
    const isWithin = label.y >= from && label.y <= to;
    if (isWithin && kept.every(({ y }) => Math.abs(y - label.y) >= height)) kept.push(label);
  }
  return kept;
}
