// The search for a symbol.

import { byId } from "../elements.js";
import { alternatives, completions, isSymbol } from "./symbols.js";

/** @import { BoardSymbols } from "./board-symbols.js" */
/** @import { QuotePanel } from "./quote-panel.js" */

const MOST_SUGGESTIONS = 8;

/** Suggests symbols while the user types, and shows the quote of the one that was meant. */
export class Search {
  #input = byId("symbol", HTMLInputElement);
  #suggestions = byId("symbols", HTMLDataListElement);
  #symbols;
  #quote;

  /**
   * @param {BoardSymbols} symbols
   * @param {QuotePanel} quote
   */
  constructor(symbols, quote) {
    this.#symbols = symbols;
    this.#quote = quote;
    this.#input.addEventListener("input", () => this.#suggest());
    this.#input.addEventListener("focus", async () => {
      if (await symbols.refresh()) this.#suggest();
    });
    byId("search", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#input.select();
      this.find(this.#input.value.trim());
    });
  }

  /** Let the user type a symbol. */
  focus() {
    this.#input.select();
  }

  /** The boards have other symbols now: suggest those too to who is typing. */
  refresh() {
    if (document.activeElement === this.#input) this.#suggest();
  }

  #suggest() {
    const found = completions(this.#input.value.trim(), this.#symbols.all()).slice(0, MOST_SUGGESTIONS);
    if ([...this.#suggestions.options].map(({ value }) => value).join() === found.join()) return;
    this.#suggestions.replaceChildren(...found.map((symbol) => new Option(symbol, symbol)));
  }

  /**
   * Show the quote of what the user typed.
   *
   * @param {string} typed
   */
  find(typed) {
    if (!typed) return;
    if (isSymbol(typed)) this.#quote.open(typed, () => alternatives(typed, this.#symbols.all()));
    else this.#quote.refuse(typed, "A symbol has letters, digits and . - + = ^ / _ only.");
  }
}
