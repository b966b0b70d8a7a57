// Rows of boards.

/** @import { Row } from "../../../../watch/page/row.js" */

/**
 * @param {{ symbol: string, [field: string]: unknown }[]} rows symbols with numbers
 * @returns {Row[]}
 */
export function asRows(rows) {
  return /** @type {any} */ (rows);
}
