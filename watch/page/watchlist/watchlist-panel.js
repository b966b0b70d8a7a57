// The watchlist: symbols that the user follows, also those on no board.

import { make, makeText } from "../elements.js";
import { MOST_LISTS, additionText, movedBy, symbolsIn, withAdded } from "./lists.js";
import { ListMenu } from "./list-menu.js";
import { WatchGrid } from "./watch-grid.js";

/** @import { Field } from "../declarations.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { Sparklines } from "../sparklines/sparklines.js" */
/** @import { Following, Store } from "../store/store.js" */
/** @import { List } from "./lists.js" */
/** @import { Watchlists } from "./watchlists.js" */

/** The columns of figures. */
const FIELDS = ["close", "pct_change", "accumulated_volume"];
/** Lines get a point now and then. */
const DRAW_EVERY_MS = 10_000;

/** A panel (layout/panel.js). It shows one list, and follows its symbols while it is on the screen. */
export class WatchlistPanel {
  element = make("div", "watchlist");
  #store;
  #lists;
  #notice;
  #onChange;
  #onListed;
  #grid;
  #menu;
  #visit = make("div", "visit");
  #nothing = makeText("p", "nothing", "No symbols yet. Select one and press w, or add some here.");
  /** The name of the list that is shown at first. */
  #usual = "";
  /** The name of the list that is shown. */
  #chosen = "";
  /** A list of a link, which is shown and not stored. @type {List | null} */
  #linked = null;
  #isShown = false;
  /** The symbols of the list that is shown. @type {Set<string>} */
  #watched = new Set();
  /** By symbol. @type {Map<string, Following>} */
  #followed = new Map();

  /**
   * @param {Field[]} fields of a row
   * @param {object} parts
   * @param {Store} parts.store
   * @param {Selection} parts.selection
   * @param {Sparklines} parts.sparklines
   * @param {Watchlists} parts.lists
   * @param {Notice} parts.notice
   * @param {object} options
   * @param {List | null} options.linked a list of a link; null: none
   * @param {() => void} options.onChange called when another list is shown
   * @param {() => void} options.onListed called when the symbols of the list may have changed
   * @param {(list: List) => void} options.onShare called with a list whose link the user wants
   */
  constructor(fields, { store, selection, sparklines, lists, notice }, { linked, onChange, onListed, onShare }) {
    this.#store = store;
    this.#lists = lists;
    this.#notice = notice;
    this.#onChange = onChange;
    this.#onListed = onListed;
    const shown = FIELDS.flatMap((name) => fields.find((field) => field.name === name) ?? []);
    this.#grid = new WatchGrid(shown, {
      selection,
      sparklines,
      onMove: (symbol, step) => this.#put(movedBy(this.symbols, symbol, step)),
      onRemove: (symbol) => this.#remove(symbol),
    });
    this.#menu = new ListMenu(lists, this.#addForm(), {
      onChoose: (name) => this.#choose(name),
      onShare: () => onShare(this.list),
    });
    this.#fillVisit();
    this.element.append(this.#menu.element, this.#visit, this.#grid.element, this.#nothing);
    lists.watch(() => this.#show());
    setInterval(() => this.#grid.drawLines(), DRAW_EVERY_MS);
    this.#link(linked);
  }

  // --- what the desk asks of a panel

  /** The name of the list, unless it is the first. */
  settings() {
    return this.#chosen === this.#lists.names[0] ? {} : { list: this.#chosen };
  }

  /** @param {any} settings what `settings` returned once */
  apply({ list }) {
    this.#chosen = String(list ?? this.#usual);
    this.#show();
  }

  /** @param {boolean} isShown whether the panel is on the screen */
  shown(isShown) {
    this.#isShown = isShown;
    this.#follow();
    if (isShown) this.#grid.drawLines();
  }

  /** The list that is shown. @returns {List} */
  get list() {
    return this.#linked ?? { name: this.#chosen, symbols: this.#lists.symbols(this.#chosen) };
  }

  /** The symbols of the list that is shown. */
  get symbols() {
    return this.list.symbols;
  }

  /** @param {string} symbol */
  isWatched(symbol) {
    return this.#watched.has(symbol);
  }

  /** Let the keyboard choose among the rows. */
  focus() {
    const target = this.symbols.length > 0 ? this.#grid.element : this.element.querySelector("input");
    target?.focus();
  }

  /**
   * Add a symbol to the list that is shown, or remove it.
   *
   * @param {string} symbol
   */
  toggle(symbol) {
    if (this.symbols.includes(symbol)) this.#remove(symbol);
    else this.#add([symbol]);
  }

  /** @param {List | null} list of a link */
  #link(list) {
    const own = list && this.#lists.all.find(({ name }) => name === list.name);
    // It is the user's own link, or of a list that they have kept.
    const isKept = own?.symbols.join() === list?.symbols.join();
    this.#linked = isKept ? null : list;
    if (own && isKept) this.#usual = own.name;
    this.apply({});
  }

  /** @param {string} name */
  #choose(name) {
    this.#linked = null;
    this.#chosen = name;
    this.#show();
    this.#onChange();
  }

  // --- what the user does

  #addForm() {
    const form = make("form", "watch-add");
    const input = make("input", "", {
      "aria-label": "Symbols to add",
      placeholder: "Add symbols",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
    });
    const button = makeText("button", "", "Add");
    form.append(input, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value;
      // Some symbols have small letters (BRKpA), but no symbol has only those.
      const symbols = symbolsIn(text).map((symbol) => (symbol === symbol.toLowerCase() ? symbol.toUpperCase() : symbol));
      if (symbols.length > 0) input.value = "";
      if (symbols.length > 0) this.#add(symbols);
      else this.#notice.say("A symbol has letters, digits and . - + = ^ / _ only.");
    });
    return form;
  }

  #fillVisit() {
    const keep = makeText("button", "", "Keep");
    keep.type = "button";
    keep.addEventListener("click", () => {
      if (this.#linked === null) return;
      const { name, symbols } = this.#linked;
      if (this.#lists.isRoom) this.#choose(this.#lists.add(name, symbols));
      else this.#notice.say(`There is room for ${MOST_LISTS} watchlists. Delete one first.`);
    });
    const leave = makeText("button", "", "Back to mine");
    leave.type = "button";
    leave.addEventListener("click", () => this.#choose(this.#chosen));
    this.#visit.append(makeText("span", "words", ""), keep, leave);
  }

  /** @param {string[]} added */
  #add(added) {
    const { name, symbols } = this.list;
    const addition = withAdded(symbols, added);
    if (addition.taken.length > 0) this.#put(addition.symbols);
    this.#notice.say(additionText(addition, name));
    // Also those that were there already: who adds them wants to see them.
    this.#grid.reveal(added);
  }

  /** @param {string} symbol */
  #remove(symbol) {
    this.#put(this.symbols.filter((each) => each !== symbol));
    this.#notice.say(`${symbol} removed from ${this.list.name}.`);
  }

  /** @param {string[]} symbols */
  #put(symbols) {
    if (this.#linked) {
      this.#linked = { ...this.#linked, symbols };
      this.#show();
    } else {
      this.#lists.put(this.#chosen, symbols);
    }
  }

  // --- what is on the screen

  #show() {
    const { names } = this.#lists;
    if (!names.includes(this.#chosen)) this.#chosen = names[0];
    const { name, symbols } = this.list;
    this.#watched = new Set(symbols);
    this.#menu.show(names, name, this.#linked !== null);
    this.#visit.hidden = this.#linked === null;
    const [words] = this.#visit.children;
    words.textContent = `A link brought ${name}.`;
    this.#grid.list(symbols);
    this.#nothing.hidden = symbols.length > 0;
    this.#follow();
    if (this.#isShown) this.#grid.drawLines();
    this.#onListed();
  }

  /** Follow the symbols that are on the screen, and no others. */
  #follow() {
    const symbols = this.#isShown ? this.symbols : [];
    for (const [symbol, following] of this.#followed) {
      if (symbols.includes(symbol)) continue;
      following.close();
      this.#followed.delete(symbol);
    }
    for (const symbol of symbols) {
      if (this.#followed.has(symbol)) continue;
      const following = this.#store.quotes([symbol], (_, row) => this.#grid.show(symbol, row));
      this.#followed.set(symbol, following);
    }
  }
}
