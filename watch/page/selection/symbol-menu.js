// What can be done with a symbol, as a menu: at a row by its button, right click or long press, and at the quote.

import { makeText } from "../elements.js";
import { Popup } from "../popup.js";

/** @import { Anchor } from "../popup.js" */

/**
 * @typedef {object} SymbolAction
 * @property {string} title
 * @property {string} [key] that does it as well
 * @property {(symbol: string) => void} run
 */

/** One menu for all rows. */
export class SymbolMenu {
  #popup = new Popup(null, "Symbol", () => this.#fill());
  #actions;
  #symbol = "";
  #isOfList = false;

  /**
   * @param {(symbol: string, isOfList: boolean) => SymbolAction[]} actions isOfList: the menu stands at a row of the
   *   watchlist
   */
  constructor(actions) {
    this.#actions = actions;
    this.#popup.element.classList.add("menu");
    document.body.append(this.#popup.element);
    document.addEventListener("contextmenu", (event) => this.#onContextMenu(event));
  }

  /**
   * @param {string} symbol
   * @param {Anchor} at
   * @param {boolean} isOfList
   */
  open(symbol, at, isOfList) {
    this.#symbol = symbol;
    this.#isOfList = isOfList;
    this.#popup.openAt(at);
  }

  /** A right click, a long press, or the keyboard's key for it. @param {MouseEvent} event */
  #onContextMenu(event) {
    // The browser's own menu is one key away.
    if (!(event.target instanceof Element) || event.shiftKey) return;
    const row = event.target.closest("[data-symbol]")
      ?? document.getElementById(event.target.getAttribute("aria-activedescendant") ?? "");
    if (!(row instanceof HTMLElement) || !row.dataset.symbol) return;
    event.preventDefault();
    const isPointed = row.contains(event.target);
    const { left, bottom } = row.getBoundingClientRect();
    const at = isPointed ? { left: event.clientX, bottom: event.clientY } : { left: left + 40, bottom };
    this.open(row.dataset.symbol, at, row.matches(".watch-row"));
  }

  #fill() {
    this.#popup.element.setAttribute("aria-label", this.#symbol);
    const heading = makeText("p", "note", this.#symbol);
    const buttons = this.#actions(this.#symbol, this.#isOfList).map(({ title, key, run }) => {
      const button = makeText("button", "plain", title);
      button.type = "button";
      if (key) button.append(makeText("kbd", "about", key));
      button.addEventListener("click", () => {
        this.#popup.close();
        run(this.#symbol);
      });
      return button;
    });
    this.#popup.element.replaceChildren(heading, ...buttons);
  }
}
