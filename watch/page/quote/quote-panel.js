// The live quote of one symbol.

import { Feed } from "../gateway/feed.js";
import { readQuote } from "../gateway/validation.js";
import { QuoteView } from "./quote-view.js";

/** @import { Field } from "../declarations.js" */

/** Follows the quote of the symbol that the user chose. */
export class QuotePanel {
  #view;
  #onSymbol;
  #onUnknown;
  /** @type {Feed | null} */
  #feed = null;
  /** Symbols that the user may have meant. @type {() => string[]} */
  #alternatives = () => [];
  /** @type {Set<string>} */
  #tried = new Set();
  #isUnknown = false;

  /**
   * @param {Field[]} fields of a row
   * @param {object} options
   * @param {(symbol: string | null) => void} options.onSymbol called with the symbol that is shown from now on; null:
   *   none
   * @param {() => void} options.onUnknown called where neither the symbol nor an alternative is known
   */
  constructor(fields, { onSymbol, onUnknown }) {
    this.#view = new QuoteView(fields, () => this.close());
    this.#onSymbol = onSymbol;
    this.#onUnknown = onUnknown;
  }

  /**
   * Show a symbol.
   *
   * @param {string} symbol
   * @param {() => string[]} alternatives returns symbols to show instead where it is unknown, the likeliest first
   */
  open(symbol, alternatives = () => []) {
    this.#alternatives = alternatives;
    this.#tried.clear();
    this.#follow(symbol);
  }

  /** @param {string} symbol */
  #follow(symbol) {
    this.#tried.add(symbol);
    this.#unfollow();
    this.#view.showNone(symbol, `Asking for ${symbol}`);
    const feed = new Feed(`quote:${symbol}`, {
      onData: (data) => {
        if (feed === this.#feed) this.#receive(data);
      },
      onState: ({ state }) => {
        if (feed === this.#feed) this.#view.setStale(state === "waiting");
      },
      onRefusal: (reason) => {
        if (feed === this.#feed) this.refuse(symbol, reason);
      },
    });
    this.#feed = feed;
    feed.open();
    this.#onSymbol(symbol);
  }

  #unfollow() {
    const feed = this.#feed;
    this.#feed = null;
    this.#isUnknown = false;
    feed?.close();
  }

  /**
   * Show that there is no such symbol.
   *
   * @param {string} symbol
   * @param {string} reason
   */
  refuse(symbol, reason) {
    this.#unfollow();
    this.#view.showNone(symbol, reason);
    this.#onSymbol(null);
  }

  close() {
    this.#unfollow();
    if (this.#view.close()) this.#onSymbol(null);
  }

  /** Connect now, unless it is connected or connecting. */
  retry() {
    this.#feed?.open();
  }

  /** If the symbol is unknown, show an alternative that is known by now. Returns whether there was one to show. */
  tryAlternative() {
    if (!this.#isUnknown) return false;
    const alternative = this.#alternatives().find((symbol) => !this.#tried.has(symbol));
    if (alternative === undefined) return false;
    this.#follow(alternative);
    return true;
  }

  /** @param {unknown} data */
  #receive(data) {
    const row = readQuote(data);
    if (row === undefined) {
      this.#view.note("What was published is no quote");
      return;
    }
    this.#isUnknown = row === null;
    if (row) {
      this.#view.show(row);
      return;
    }
    this.#view.blank("Unknown symbol, or no bar of it in four days. Its next one will show here.");
    if (!this.tryAlternative()) this.#onUnknown();
  }
}
