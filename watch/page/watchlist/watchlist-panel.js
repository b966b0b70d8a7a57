// The watchlist: symbols that the user follows, also those on no board.

import { allColumns } from "../boards/columns/columns.js";
import { make, makeText } from "../elements.js";
import { focusIn } from "../layout/regions.js";
import { stoppedFor } from "../trading-stop.js";
import { addForm } from "./add-form.js";
import { MOST_LISTS, additionText, movedBy, reverted, withAdded } from "./lists.js";
import { ListMenu } from "./list-menu.js";
import { WatchGrid } from "./watch-grid.js";

/** @import { Field } from "../declarations.js" */
/** @import { Content } from "../exchange/shown-table.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { Anchor } from "../popup.js" */
/** @import { Row } from "../row.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { Sparklines } from "../sparklines/sparklines.js" */
/** @import { Trading } from "../status/calendar.js" */
/** @import { Following, Store } from "../store/store.js" */
/** @import { Step, Undo } from "../undo.js" */
/** @import { List } from "./lists.js" */
/** @import { Watchlists } from "./watchlists.js" */

/** The columns of figures. */
const FIELDS = ["close", "pct_change", "accumulated_volume"];
/** Lines get a point now and then. */
const DRAW_EVERY_MS = 10_000;
const AGE_EVERY_MS = 1_000;

/** A panel (layout/panel.js). It shows one list, and follows its symbols while it is on the screen. */
export class WatchlistPanel {
  element = make("div", "watchlist panel");
  #store;
  #lists;
  #notice;
  #undo;
  #onChange;
  #onListed;
  #trading;
  #grid;
  #menu;
  #columns;
  /** What is known of the symbols, by symbol. @type {Map<string, Row>} */
  #rows = new Map();
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
   * @param {Undo} parts.undo
   * @param {() => Trading | null} parts.trading the market while it trades; null: it is closed, or nobody knows
   * @param {object} options
   * @param {List | null} options.linked a list of a link; null: none
   * @param {() => void} options.onChange called when another list is shown
   * @param {() => void} options.onListed called when the symbols of the list may have changed
   * @param {(symbol: string, at: Anchor) => void} options.onMenu called when the user wants what can be done with a symbol
   * @param {(list: List) => void} options.onShare called with a list whose link the user wants
   */
  constructor(fields, { store, selection, sparklines, lists, notice, undo, trading }, { linked, onChange, onListed, onMenu, onShare }) {
    this.#store = store;
    this.#lists = lists;
    this.#notice = notice;
    this.#undo = undo;
    this.#onChange = onChange;
    this.#onListed = onListed;
    this.#trading = trading;
    const shown = FIELDS.flatMap((name) => fields.find((field) => field.name === name) ?? []);
    const columns = allColumns(shown);
    this.#columns = ["symbol", ...FIELDS].flatMap((key) => columns.get(key) ?? []);
    this.#grid = new WatchGrid(shown, {
      selection,
      sparklines,
      onMove: (symbol, step) => this.move(symbol, step),
      onMenu,
      onRemove: (symbol) => this.#remove(symbol),
    });
    this.#menu = new ListMenu(lists, addForm((symbols) => {
      if (symbols.length > 0) this.#add(symbols);
      else notice.say("A symbol has letters, digits and . - + = ^ / _ only.");
    }), {
      onChoose: (name) => this.#choose(name),
      onDelete: () => this.#delete(),
    });
    this.addAction("Copy a link to this list", () => onShare(this.list));
    this.#fillVisit();
    this.element.append(this.#menu.element, this.#visit, this.#grid.element, this.#nothing);
    lists.watch(() => this.#show());
    setInterval(() => this.#grid.drawLines(), DRAW_EVERY_MS);
    setInterval(() => this.symbols.forEach((symbol) => this.#age(symbol)), AGE_EVERY_MS);
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

  /** What is shown: for files and the clipboard. @returns {Content} */
  get content() {
    const rows = this.symbols.map((symbol) => this.#rows.get(symbol) ?? noRow(symbol));
    return { title: this.list.name, columns: this.#columns, rows };
  }

  /** The user's lists that are not shown. */
  get otherLists() {
    return this.#lists.all.filter(({ name }) => this.#linked !== null || name !== this.#chosen);
  }

  /**
   * Add something that can be done with the list that is shown to its menu.
   *
   * @param {string} title
   * @param {() => void} run
   */
  addAction(title, run) {
    this.#menu.add(title, run);
  }

  /** @param {string} symbol */
  isWatched(symbol) {
    return this.#watched.has(symbol);
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

  /**
   * Add a symbol to a list that is not shown, or remove it.
   *
   * @param {string} name
   * @param {string} symbol
   */
  toggleIn(name, symbol) {
    const before = this.#lists.symbols(name);
    const isThere = before.includes(symbol);
    const addition = withAdded(before, [symbol]);
    const symbols = isThere ? before.filter((each) => each !== symbol) : addition.symbols;
    const sentence = isThere ? `${symbol} removed from ${name}.` : additionText(addition, name);
    this.#lists.put(name, symbols);
    this.#undo.did(sentence, this.#revert(name, before, symbols));
  }

  /**
   * @param {string} symbol of the list that is shown
   * @param {number} step by how many places it is moved
   */
  move(symbol, step) {
    this.#put(movedBy(this.symbols, symbol, step));
    this.#grid.reveal([symbol]);
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

  #fillVisit() {
    const keep = makeText("button", "", "Keep");
    keep.type = "button";
    keep.addEventListener("click", () => {
      if (this.#linked === null) return;
      const { name, symbols } = this.#linked;
      if (this.#lists.isRoom) this.#leaveVisit(this.#lists.add(name, symbols));
      else this.#notice.say(`There is room for ${MOST_LISTS} watchlists. Delete one first.`);
    });
    const leave = makeText("button", "", "Back to mine");
    leave.type = "button";
    leave.addEventListener("click", () => this.#leaveVisit(this.#chosen));
    this.#visit.append(makeText("span", "words", ""), keep, leave);
  }

  /**
   * The buttons that were pressed are gone.
   *
   * @param {string} name of the list to show
   */
  #leaveVisit(name) {
    this.#choose(name);
    focusIn(this.element);
  }

  /** @param {string[]} added */
  #add(added) {
    const { name, symbols } = this.list;
    const addition = withAdded(symbols, added);
    const sentence = additionText(addition, name);
    if (addition.taken.length > 0) this.#change(addition.symbols, sentence);
    else this.#notice.say(sentence);
    // Also those that were there already: who adds them wants to see them.
    this.#grid.reveal(added);
  }

  /** @param {string} symbol */
  #remove(symbol) {
    this.#change(this.symbols.filter((each) => each !== symbol), `${symbol} removed from ${this.list.name}.`);
  }

  #delete() {
    const name = this.#chosen;
    const next = this.#lists.names.find((each) => each !== name);
    const step = this.#lists.remove(name);
    this.#choose(next ?? this.#lists.names[0]);
    this.#undo.did(`${name} deleted.`, this.#showing(name, step));
  }

  /**
   * @param {string} name
   * @param {Step} step that brings the list of this name back, or deletes it
   * @returns {Step} that shows it as well
   */
  #showing(name, step) {
    return () => {
      const next = step();
      this.#choose(name);
      return this.#showing(name, next);
    };
  }

  /**
   * Change the symbols of the list that is shown.
   *
   * @param {string[]} symbols
   * @param {string} sentence that says so
   */
  #change(symbols, sentence) {
    const { name, symbols: before } = this.list;
    this.#put(symbols);
    this.#undo.did(sentence, this.#revert(this.#linked ? null : name, before, symbols));
  }

  /**
   * @param {string | null} name of the list; null: the one of a link
   * @param {string[]} before
   * @param {string[]} after
   * @returns {Step}
   */
  #revert(name, before, after) {
    return () => {
      if (name !== null) this.#lists.put(name, reverted(this.#lists.symbols(name), before, after));
      else if (this.#linked) this.#put(reverted(this.symbols, before, after));
      return this.#revert(name, after, before);
    };
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
      this.#rows.delete(symbol);
    }
    for (const symbol of symbols) {
      if (this.#followed.has(symbol)) continue;
      const following = this.#store.quotes([symbol], (_, row) => {
        if (row) this.#rows.set(symbol, row);
        else this.#rows.delete(symbol);
        this.#grid.show(symbol, row);
        this.#age(symbol);
      });
      this.#followed.set(symbol, following);
    }
  }

  /** @param {string} symbol */
  #age(symbol) {
    this.#grid.age(symbol, stoppedFor(this.#rows.get(symbol), this.#trading()));
  }
}

/**
 * The row of a symbol of which nothing is known.
 *
 * @param {string} symbol
 */
function noRow(symbol) {
  return /** @type {Row} */ ({ symbol });
}
