// The symbol that is selected on the whole desk: marked in every board, followed by quote and chart.

/**
 * Called with the symbol, null: none, and who chose it.
 *
 * @typedef {(symbol: string | null, origin: string) => void} SelectionListener
 */

/** The origin of a symbol that arrow keys have led to: what is closed stays closed. */
export const BY_ARROWS = "arrows";

/** Holds the selected symbol, and says when one is chosen. */
export class Selection {
  /** Null: none is selected. @type {string | null} */
  #symbol = null;
  /** The symbol of the row that the keyboard was last at. @type {string | null} */
  #pointed = null;
  /** @type {Set<SelectionListener>} */
  #listeners = new Set();

  /** The selected symbol; null: none. */
  get symbol() {
    return this.#symbol;
  }

  /** The symbol that keys act on: the selected one, or that of the row that the keyboard is at; null: none. */
  get target() {
    return this.#symbol ?? this.#pointed;
  }

  /**
   * Select a symbol. Listeners are called also if it is the selected one: what was closed may open again.
   *
   * @param {string | null} symbol null: none
   * @param {string} origin who chose it, so that a listener knows its own choices: `boards`, `quote`
   */
  choose(symbol, origin) {
    // Keys go on acting on the row that was selected last.
    this.#pointed = symbol ?? this.#symbol;
    this.#symbol = symbol;
    for (const listener of [...this.#listeners]) {
      // A listener that chose another one has called all of them already.
      if (this.#symbol !== symbol) return;
      listener(symbol, origin);
    }
  }

  /**
   * The keyboard moved to a row, which is not selected by that.
   *
   * @param {string} symbol
   */
  point(symbol) {
    this.#pointed = symbol;
  }

  /**
   * Call a listener from now on whenever a symbol is chosen, or none.
   *
   * @param {SelectionListener} listener
   * @returns {() => void} ends it
   */
  watch(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
