// In which order a board shows its rows.

/** @import { Row } from "../../row.js" */

/**
 * What a board is sorted by; null: by rank, as published.
 *
 * @typedef {{ key: string, down: boolean } | null} Sort
 */

/**
 * What a board is sorted by once a column's title was clicked: descending, then ascending, then by rank again. Symbols
 * start ascending.
 *
 * @param {Sort} sort what it was sorted by before
 * @param {string} key the column's
 * @returns {Sort}
 */
export function nextSort(sort, key) {
  if (key === "rank") return null;
  const downFirst = key !== "symbol";
  if (sort?.key !== key) return { key, down: downFirst };
  return sort.down === downFirst ? { key, down: !downFirst } : null;
}

/**
 * @param {Row[]} rows by rank
 * @param {Sort} sort
 * @returns {Row[]} rows with equal values stay in the order of their ranks; those without a value come last
 */
export function sortedRows(rows, sort) {
  if (sort === null) return rows;
  const { key, down } = sort;
  const sign = down ? -1 : 1;
  // Sorting is stable.
  if (key === "symbol") return rows.slice().sort((a, b) => sign * compare(a.symbol, b.symbol));
  const missing = down ? -Infinity : Infinity;
  return rows.slice().sort((a, b) => sign * compare(a[key] ?? missing, b[key] ?? missing));
}

/**
 * What the heading says of the order.
 *
 * @param {{ key: string, down: boolean }} sort
 * @param {string} title the column's
 */
export function sortCaption({ key, down }, title) {
  if (key === "symbol") return down ? "sorted by symbol, Z first" : "sorted by symbol, A first";
  return `sorted by ${title}, ${down ? "highest" : "lowest"} first`;
}

/**
 * A sort as a setting: `close` is descending, `-close` ascending.
 *
 * @param {Sort} sort
 */
export function writeSort(sort) {
  return sort === null ? "" : `${sort.down ? "" : "-"}${sort.key}`;
}

/**
 * @param {unknown} setting
 * @param {Map<string, unknown>} columns by key
 * @returns {Sort} null: the setting names no column
 */
export function readSort(setting, columns) {
  const found = typeof setting === "string" ? /^(-?)(\w+)$/.exec(setting) : null;
  if (!found || found[2] === "rank" || !columns.has(found[2])) return null;
  return { key: found[2], down: found[1] === "" };
}

/**
 * @template {string | number} Value
 * @param {Value} a
 * @param {Value} b
 */
function compare(a, b) {
  // No difference: that of two infinities is no number.
  return a < b ? -1 : a > b ? 1 : 0;
}
