// The live quote of one symbol.

import { tabStorage } from "../storage.js";
import { QuoteView } from "./quote-view.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */
/** @import { Trading } from "../status/calendar.js" */
/** @import { Following, Store } from "../store/store.js" */

/** The symbol of which the user has closed the panel: in this tab it stays closed when the page is loaded again. */
const CLOSED = "quote-closed";
const PAUSE_EVERY_MS = 1_000;

/** Follows the quote of the symbol that the user chose. */
export class QuotePanel {
  #view;
  #store;
  #onSymbol;
  #onUnknown;
  #trading;
  /** @type {Following | null} */
  #following = null;
  /** What is followed; null: nothing. @type {string | null} */
  #symbol = null;
  /** Symbols that the user may have meant. @type {() => string[]} */
  #alternatives = () => [];
  /** @type {Set<string>} */
  #tried = new Set();
  #isUnknown = false;

  /**
   * @param {Field[]} fields of a row
   * @param {object} options
   * @param {Store} options.store
   * @param {HTMLElement} options.buttons for what can be done with the symbol
   * @param {(symbol: string | null) => void} options.onSymbol called with the symbol that is shown from now on; null:
   *   what the user typed is none
   * @param {() => void} options.onUnknown called where neither the symbol nor an alternative is known
   * @param {() => Trading | null} options.trading the market while it trades; null: it is closed, or nobody knows
   */
  constructor(fields, { store, buttons, onSymbol, onUnknown, trading }) {
    this.#view = new QuoteView(fields, buttons, () => this.close());
    this.#store = store;
    store.onConnection(() => this.#view.setStale(store.connection.state === "waiting"));
    this.#onSymbol = onSymbol;
    this.#onUnknown = onUnknown;
    this.#trading = trading;
    setInterval(() => this.#view.sayPause(this.#trading()), PAUSE_EVERY_MS);
  }

  /**
   * Show the selected symbol, if it is not shown already.
   *
   * @param {string} symbol
   */
  show(symbol) {
    if (symbol !== this.#symbol) this.open(symbol);
  }

  /**
   * Show the selected symbol, unless the user has closed the panel.
   *
   * @param {string} symbol
   */
  showIfOpen(symbol) {
    if (this.#view.isOpen) this.show(symbol);
    else tabStorage.set(CLOSED, symbol);
  }

  /**
   * Show a symbol, and select it.
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
    tabStorage.remove(CLOSED);
    this.#unfollow();
    this.#symbol = symbol;
    this.#view.showNone(symbol, `Asking for ${symbol}`);
    this.#following = this.#store.quotes(
      [symbol],
      (_, row) => this.#take(row),
      (_, reason) => this.refuse(symbol, reason),
    );
    this.#onSymbol(symbol);
  }

  #unfollow() {
    this.#following?.close();
    this.#following = null;
    this.#symbol = null;
    this.#isUnknown = false;
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

  /**
   * Whether the user had closed the panel before the page was loaded again.
   *
   * @param {string} symbol that was selected
   */
  wasClosed(symbol) {
    return tabStorage.get(CLOSED) === symbol;
  }

  /** Close the panel. The symbol stays selected. Returns whether it was open. */
  close() {
    if (this.#symbol !== null) tabStorage.set(CLOSED, this.#symbol);
    this.#unfollow();
    return this.#view.close();
  }

  /** If the symbol is unknown, show an alternative that is known by now. Returns whether there was one to show. */
  tryAlternative() {
    if (!this.#isUnknown) return false;
    const alternative = this.#alternatives().find((symbol) => !this.#tried.has(symbol));
    if (alternative === undefined) return false;
    this.#follow(alternative);
    return true;
  }

  /** @param {Row | null} row null: there is none */
  #take(row) {
    this.#isUnknown = row === null;
    if (row) {
      this.#view.show(row);
      return;
    }
    if (!this.#store.isLive) {
      this.#view.blank(this.#store.past.unknown || "No bar of it is known on this day up to this second.");
      return;
    }
    this.#view.blank("Unknown symbol, or no bar of it in four days. Its next one will show here.");
    if (!this.tryAlternative()) this.#onUnknown();
  }
}
