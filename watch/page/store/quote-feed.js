// The quote of a symbol for all views that show it.

import { readQuote } from "../gateway/validation.js";

/** @import { Row } from "../row.js" */

/**
 * A view of the quote.
 *
 * @typedef {object} QuoteListener
 * @property {(symbol: string, row: Row | null) => void} onQuote null: there is none
 * @property {(symbol: string, reason: string) => void} onRefused called where the gateway refuses it
 */

/** Keeps the newest quote. */
export class QuoteFeed {
  name;
  /** @type {Set<QuoteListener>} */
  listeners = new Set();
  want = {};
  drawsLater = false;
  symbol;
  /** undefined: none came yet. @type {Row | null | undefined} */
  #row = undefined;
  /** @type {WeakSet<QuoteListener>} */
  #shown = new WeakSet();
  #isNew = false;

  /** @param {string} symbol */
  constructor(symbol) {
    this.name = `quote:${symbol}`;
    this.symbol = symbol;
  }

  /**
   * Take a message of the gateway.
   *
   * @param {any} message parsed
   */
  take({ data }) {
    const row = readQuote(data);
    if (row !== undefined) this.replace(row);
  }

  /** @param {Row | null} row null: there is none */
  replace(row) {
    this.#row = row;
    this.#isNew = true;
  }

  /** Call the views. */
  deliver() {
    if (this.#row === undefined) return;
    for (const listener of this.listeners) {
      if (!this.#isNew && this.#shown.has(listener)) continue;
      this.#shown.add(listener);
      listener.onQuote(this.symbol, this.#row);
    }
    this.#isNew = false;
  }

  /** @param {string} reason */
  refuse(reason) {
    for (const { onRefused } of this.listeners) onRefused(this.symbol, reason);
  }
}
