// The rows of a board, as its messages make them: the whole board first, then what changes.

import { isRowPatch, mergedRow } from "../gateway/validation.js";

/** @import { Row } from "../row.js" */

/** One board. docs/reference/websocket.md says what its messages mean. */
export class BoardRows {
  /** Best first, ranked from 1. A row that has not changed stays the same object. @type {Row[]} */
  rows = [];
  /** The number of the board; null: none came yet, or one was missed. @type {number | null} */
  #seq = null;

  /**
   * Apply a message.
   *
   * @param {any} message parsed
   * @returns {"whole" | "delta" | "misfit"} misfit: nothing was applied, and the whole board has to be asked for
   */
  apply(message) {
    const { seq, base, rows, order, gone = [] } = message ?? {};
    const isValid = Number.isInteger(seq) && Array.isArray(rows) && rows.every(isRowPatch) && Array.isArray(gone);
    if (!isValid || (base !== undefined && base !== this.#seq)) return this.#refuse();
    if (base === undefined) {
      this.replace(rows.map((row) => mergedRow(undefined, row)));
      this.#seq = seq;
      return "whole";
    }
    const bySymbol = new Map(this.rows.map((row) => [row.symbol, row]));
    for (const symbol of gone) bySymbol.delete(symbol);
    for (const row of rows) bySymbol.set(row.symbol, mergedRow(bySymbol.get(row.symbol), row));
    const symbols = Array.isArray(order) ? order : [...bySymbol.keys()];
    if (!symbols.every((symbol) => bySymbol.has(symbol))) return this.#refuse();
    this.#seq = seq;
    this.rows = symbols.map((symbol, i) => ranked(/** @type {Row} */ (bySymbol.get(symbol)), i + 1));
    return "delta";
  }

  /**
   * Put other rows in the place of all, to which no delta applies. Those that are equal stay the same objects.
   *
   * @param {Row[]} rows best first
   */
  replace(rows) {
    this.#seq = null;
    const before = new Map(this.rows.map((row) => [row.symbol, row]));
    this.rows = rows.map((each, i) => {
      const row = ranked(each, i + 1);
      const same = before.get(row.symbol);
      return same && isEqual(same, row) ? same : row;
    });
  }

  /** @returns {"misfit"} */
  #refuse() {
    this.#seq = null;
    return "misfit";
  }
}

/**
 * @param {Row} row
 * @param {number} rank
 * @returns {Row} the same object where it has that rank
 */
function ranked(row, rank) {
  return row.rank === rank ? row : /** @type {Row} */ (/** @type {unknown} */ ({ ...row, rank }));
}

/**
 * @param {Row} a
 * @param {Row} b
 */
function isEqual(a, b) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
