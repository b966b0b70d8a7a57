// What can be done with a symbol: once for keys, menus and the quote's buttons.

import { make, makeText } from "../elements.js";
import { copyText } from "../exchange/clipboard.js";

/** @import { Elsewhere } from "../exchange/elsewhere.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { WatchlistPanel } from "../watchlist/watchlist-panel.js" */
/** @import { SymbolAction } from "./symbol-menu.js" */

const MOVES = [
  { title: "Move up", step: -1 },
  { title: "Move down", step: 1 },
  { title: "Move to the top", step: -Infinity },
  { title: "Move to the end", step: Infinity },
];

/** Acts on symbols. */
export class SymbolActions {
  #notice;
  #watchlist;
  #elsewhere;

  /** @param {{ notice: Notice, watchlist: WatchlistPanel, elsewhere: Elsewhere }} parts */
  constructor({ notice, watchlist, elsewhere }) {
    this.#notice = notice;
    this.#watchlist = watchlist;
    this.#elsewhere = elsewhere;
  }

  /** Those that have keys. @type {(SymbolAction & { key: string })[]} */
  keyed = [
    { key: "w", title: "Watch the symbol, or watch it no longer", run: (symbol) => this.#watchlist.toggle(symbol) },
    { key: "c", title: "Copy the symbol", run: (symbol) => this.#copy(symbol) },
    { key: "o", title: "Open the symbol's page elsewhere", run: (symbol) => this.#elsewhere.open(symbol) },
  ];

  /**
   * Those of a menu.
   *
   * @param {string} symbol
   * @param {boolean} isOfList whether the menu stands at a row of the watchlist
   * @returns {SymbolAction[]}
   */
  of(symbol, isOfList) {
    const [watch, copy, open] = this.keyed;
    const moves = MOVES.map(({ title, step }) => ({ title, run: () => this.#watchlist.move(symbol, step) }));
    const others = this.#watchlist.otherLists.map(({ name, symbols }) => {
      const isThere = symbols.includes(symbol);
      const title = isThere ? `Remove from ${name}` : `Add to ${name}`;
      return { title, run: () => this.#watchlist.toggleIn(name, symbol) };
    });
    const { name } = this.#watchlist.list;
    return [
      { ...watch, title: this.#watchlist.isWatched(symbol) ? `Remove from ${name}` : `Add to ${name}` },
      ...(isOfList ? moves : []),
      ...others,
      { ...copy, title: `Copy ${symbol}` },
      { ...open, title: `Open ${symbol} elsewhere \u2197` },
      { title: "Where symbols' pages are\u2026", run: () => this.#elsewhere.ask(null) },
    ];
  }

  /** @param {string} symbol */
  async #copy(symbol) {
    this.#notice.say((await copyText(symbol)) ? `Copied ${symbol}.` : "The browser does not let this page copy.");
  }
}

/**
 * Buttons for the quote's symbol, for who has no keys.
 *
 * @param {object} options
 * @param {() => string | null} options.symbol null: none is shown
 * @param {(symbol: string) => void} options.onElsewhere
 * @param {(symbol: string, at: DOMRect) => void} options.onMenu
 */
export function symbolButtons({ symbol, onElsewhere, onMenu }) {
  const bar = make("span", "symbol-buttons");
  /** @type {[string, string, (symbol: string, at: DOMRect) => void][]} */
  const buttons = [
    ["\u2197", "Open the symbol's page elsewhere. Shortcut: o", onElsewhere],
    ["\u22ef", "More for the symbol", onMenu],
  ];
  bar.append(...buttons.map(([sign, title, run]) => {
    const button = make("button", "plain icon", { type: "button", title, "aria-label": title });
    button.append(makeText("span", "", sign));
    button.addEventListener("click", () => {
      const shown = symbol();
      if (shown !== null) run(shown, button.getBoundingClientRect());
    });
    return button;
  }));
  return bar;
}
