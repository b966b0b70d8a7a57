// Keeps the order of a board still while somebody reads it. Numbers go on changing.

/** @import { Row } from "../../row.js" */

/** The order of the rows as it was when it was paused. */
export class OrderPause {
  /** @type {Row[]} */
  #rows;

  /** @param {Row[]} rows in the order that is kept */
  constructor(rows) {
    this.#rows = rows;
  }

  /**
   * The rows as they are now, in the order that is kept. Who has left the board stays with the last numbers known.
   *
   * @param {Row[]} rows as they would be shown
   * @returns {{ rows: Row[], gone: Set<string>, waiting: number }} gone: symbols that have left; waiting: how many rows
   *   are not shown yet
   */
  arrange(rows) {
    const now = new Map(rows.map((row) => [row.symbol, row]));
    const gone = new Set(this.#rows.flatMap(({ symbol }) => (now.has(symbol) ? [] : [symbol])));
    this.#rows = this.#rows.map((row) => now.get(row.symbol) ?? row);
    return { rows: this.#rows, gone, waiting: rows.length - (this.#rows.length - gone.size) };
  }
}
