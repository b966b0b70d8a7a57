// A pane: one board or screen with its heading, filters and rows.

import { make } from "../../elements.js";
import { FilterChips } from "../filters/filter-chips.js";
import { FilterForm } from "../filters/filter-form.js";
import { conditionsOf, limitsOf } from "../filters/filters.js";
import { differing, usualTexts } from "../filters/usual-filters.js";
import { BoardView } from "../rows/board-view.js";
import { ColumnChooser } from "../columns/column-chooser.js";
import { isByPercent, percentField, readChosen, writeChosen } from "../columns/columns.js";
import { PastRanks } from "../rows/past-ranks.js";
import { readSort, sortCaption, writeSort } from "../rows/sorting.js";
import { MOST_ROWS, draftOf } from "../screens/draft.js";
import { fillingText, lacksText, secondsNeeded } from "../screens/filling-window.js";
import { BoardSource } from "./board-source.js";
import { PaneHeading } from "./pane-heading.js";

/** @import { Board } from "../../declarations.js" */
/** @import { BoardUpdate } from "../../store/board-feed.js" */
/** @import { Store } from "../../store/store.js" */
/** @import { Texts } from "../filters/filters.js" */
/** @import { Shared } from "../rows/board-view.js" */
/** @import { Column } from "../columns/columns.js" */
/** @import { Draft } from "../screens/draft.js" */
/** @import { Action } from "./pane-heading.js" */
/** @import { PaneSettings } from "./pane-settings.js" */

/**
 * What a pane shows.
 *
 * @typedef {object} Shown
 * @property {Board} board
 * @property {Draft | null} draft that the board was made of on the page; null: it is published
 * @property {boolean} isScreen whether it is none of the declared boards
 * @property {Map<string, Column>} columns that it can have, by key
 */

/**
 * @typedef {object} PaneOptions
 * @property {(name: string) => void} onChoose called with the name of the board that the user chose
 * @property {() => void} onOpenList called when the user is about to choose
 * @property {() => void} onRefused called where the gateway refuses the board: it may be published no more
 * @property {() => void} onChange called when the user has changed the pane's sort or columns
 * @property {() => void} onFiltered called when the user has changed the pane's filters
 * @property {() => void} onWidths called when `widths` has changed
 * @property {() => void} onShown called when a snapshot is on the screen
 * @property {(texts: Texts) => void} onEverywhere called with filters that the user wants on all boards
 * @property {(draft: Draft) => void} onWholeMarket called with a screen that the user wants in the pane's place
 * @property {(by: -1 | 1) => void} onMove called when the user moves the pane before or behind its neighbour
 * @property {(at: PointerEvent) => void} onDrop called where the user drops the pane
 * @property {() => Action[]} actions for the menu
 */

/** Shows one board. Another board is another pane. */
export class Pane {
  element = make("section", "board panel");
  shown;
  #options;
  #shared;
  #usual;
  /** @type {Texts} */
  #texts;
  /** What differs from the usual filters. @type {Texts} */
  #kept;
  #view;
  #heading;
  #chips = new FilterChips(
    (name) => this.#filter({ ...this.#texts, [name]: "" }),
    () => this.focus(),
  );
  #form;
  #columns;
  #nothing = make("p", "nothing");
  #emptyText = "Waiting for the board";
  #pastRanks;
  #source;
  #share;
  #wasMade = false;

  /**
   * @param {Shown} shown
   * @param {PaneSettings} settings
   * @param {Shared} shared
   * @param {Store} store
   * @param {PaneOptions} options
   */
  constructor(shown, settings, shared, store, options) {
    const { board, draft, isScreen, columns } = shown;
    this.shown = shown;
    this.#options = options;
    this.#shared = shared;
    this.#share = settings.share ?? 1;
    this.#usual = usualTexts({ isScreen, isByPercent: isByPercent(board, shared.fields) });
    this.#kept = settings.filters ?? {};
    this.#texts = { ...this.#usual, ...this.#kept };
    this.changeField = percentField(board, shared.fields);
    this.#pastRanks = draft ? null : new PastRanks(board.name, {
      canAsk: () => store.connection.state === "open",
      shownAt: () => store.past.at,
    });
    this.#view = new BoardView(board, columns, shared, this.#pastRanks, {
      onArranged: () => this.#onArranged(),
      onWant: () => this.#source?.change(this.#view.want),
      onChoice: () => options.onChange(),
      onWidths: () => options.onWidths(),
    });
    this.#form = new FilterForm({
      onChange: (texts) => this.#filter(texts),
      onEverywhere: () => options.onEverywhere(this.#texts),
      onWholeMarket: () => this.#searchMarket(),
    });
    this.#columns = new ColumnChooser(columns, board.field, (chosen) => {
      this.#view.choose(this.#view.choice.sort, chosen);
      this.#source.change(this.#view.want);
      this.#showColumns();
      options.onChange();
    });
    this.#heading = this.#makeHeading(board);
    this.#source = new BoardSource(store, board, draft, {
      onBoard: (update) => this.#update(update),
      onRefused: (reason) => this.#onRefused(reason),
    });
    this.element.id = `board-${board.name}`;
    this.element.setAttribute("aria-labelledby", `title-${board.name}`);
    this.element.append(this.#heading.element, this.#chips.element, this.#view.more, this.#view.element, this.#nothing);
    this.#view.filter(this.#texts);
    this.#view.choose(readSort(settings.sort, columns), readChosen(settings.columns, columns, board.field));
    this.#wasMade = true;
  }

  /** @param {Board} board */
  #makeHeading(board) {
    const heading = new PaneHeading(board, lacksText(secondsNeeded(board, this.#shared.fields)), {
      ...this.#options,
      onFilters: () => this.#showForm(),
      onColumns: () => this.#showColumns(),
    });
    heading.filters.element.append(this.#form.element);
    heading.columns.element.append(this.#columns.element);
    return heading;
  }

  // --- what the panel asks

  get chooser() {
    return this.#heading.chooser;
  }

  /** What the user chose. @returns {PaneSettings} */
  get settings() {
    const { board, draft } = this.shown;
    const { sort, chosen } = this.#view.choice;
    const filters = this.#kept;
    const share = Math.round(this.#share * 100) / 100;
    return {
      ...(draft ? { draft } : { board: board.name }),
      ...(Object.keys(filters).length > 0 && { filters }),
      ...(sort && { sort: writeSort(sort) }),
      ...(chosen.length > 0 && { columns: writeChosen(chosen) }),
      ...(share !== 1 && { share }),
    };
  }

  /** The pixels that its columns ask for. */
  get widths() {
    return this.#view.widths;
  }

  /** Of its row's width; 1 is the usual one. */
  get share() {
    return this.#share;
  }

  set share(share) {
    this.#share = share;
  }

  /** What is shown: for files and the clipboard. */
  get content() {
    return { title: this.shown.board.title, ...this.#view.content };
  }

  /** A screen over the whole market with the conditions of the board and its filters. @returns {Draft} */
  get screen() {
    // A floor that waits filters nothing.
    const texts = this.#view.counts.filtered.floorWaits ? { ...this.#texts, min_volume: "" } : this.#texts;
    const conditions = conditionsOf(limitsOf(texts), this.changeField);
    const { board, draft } = this.shown;
    return draft && conditions.length === 0 ? draft : draftOf(board, conditions);
  }

  /** When the newest bar on the board ended, Unix milliseconds; 0: there is none. */
  newest() {
    return this.#view.newest;
  }

  /** The symbols of the board, best first. */
  symbols() {
    return this.#view.symbols;
  }

  /** Follow the board from now on. */
  open() {
    this.#source.open(this.#view.want);
    this.#pastRanks?.open();
  }

  /** Follow it no more, until it is opened again. */
  close() {
    this.#source.close();
    this.#pastRanks?.close();
  }

  /** Mark the symbol that is selected now. */
  select() {
    this.#view.select();
  }

  /** Show what changes by itself. */
  refresh() {
    this.#view.refresh();
    this.#sayNothing();
  }

  /** Let the keyboard choose among the rows. */
  focus() {
    // The grid does not scroll by itself: rows would jump below the pointer that picks one.
    this.element.scrollIntoView({ block: "nearest" });
    this.#view.focus();
  }

  /** @param {boolean} isPaused whether rows keep their places from now on */
  pause(isPaused) {
    this.#view.pause(isPaused);
  }

  /** @param {Texts} texts that the board is filtered by from now on */
  filter(texts) {
    this.#kept = differing(texts, this.#usual);
    this.#show(texts);
  }

  /** @param {Texts} texts of a link: the board is filtered by them, and its settings stay as they are */
  lend(texts) {
    this.#show({ ...this.#usual, ...texts });
  }

  // --- what changes

  /** @param {BoardUpdate} update */
  #update({ rows, unknown }) {
    this.#emptyText = unknown || "No symbols yet";
    this.#view.update(rows);
    this.#options.onShown();
  }

  /** @param {string} reason */
  #onRefused(reason) {
    if (this.shown.draft) {
      this.#emptyText = reason;
      this.#view.update([]);
    } else {
      this.#options.onRefused();
    }
  }

  /** @param {Texts} texts as the user has changed them */
  #filter(texts) {
    this.filter(texts);
    this.#options.onFiltered();
  }

  /** @param {Texts} texts */
  #show(texts) {
    this.#texts = texts;
    this.#view.filter(texts);
    this.#source.change(this.#view.want);
  }

  #searchMarket() {
    this.#heading.filters.close();
    this.#options.onWholeMarket(this.screen);
  }

  #showForm() {
    this.#form.show(this.#texts);
  }

  #showColumns() {
    const { columns } = this.#view.content;
    const { chosen } = this.#view.choice;
    this.#columns.show(chosen.length > 0 ? chosen : columns.map(({ key }) => ({ key })), (key) => {
      const title = this.#view.element.querySelector(`.titles .${key}`);
      return title instanceof HTMLElement ? title.offsetWidth : 0;
    });
  }

  #onArranged() {
    // The view arranges its rows once before the pane is whole.
    if (!this.#wasMade) return;
    const { shown, all, isCut, filtered, waiting } = this.#view.counts;
    const { sort } = this.#view.choice;
    const sorted = sort ? sortCaption(sort, this.shown.columns.get(sort.key)?.title ?? "") : "";
    const order = waiting === null ? sorted : `order paused, ${waiting} ${waiting === 1 ? "waits" : "wait"}`;
    const count = shown === all ? `${all}${isCut ? "+" : ""}` : `${shown} of ${all}`;
    this.#heading.show(order, count);
    this.#heading.explainCount(shown === all ? this.#searched() : `${shown} of the ${this.#searched()} pass the filters`);
    this.#form.saySearched(`Chooses among the ${this.#searched()}.`);
    this.#chips.show(this.#texts, filtered);
    this.#sayNothing();
  }

  /** Say why there are no rows. */
  #sayNothing() {
    const { shown, all } = this.#view.counts;
    if (this.#nothing.hidden !== shown > 0) this.#nothing.hidden = shown > 0;
    if (shown > 0) return;
    const words = all ? `None of the ${this.#searched()} passes the filters` : this.#filling() || this.#emptyText;
    if (this.#nothing.textContent !== words) this.#nothing.textContent = words;
  }

  /** What the board waits for; empty: nothing. */
  #filling() {
    const { isLive, fields, recorded } = this.#shared;
    return isLive() ? fillingText(secondsNeeded(this.shown.board, fields), recorded()) : "";
  }

  /** What filters choose from. */
  #searched() {
    const { all, isCut } = this.#view.counts;
    const first = isCut || all >= MOST_ROWS ? "first " : "";
    return `${first}${all} ${all === 1 ? "symbol" : "symbols"} ${this.shown.draft ? "of this screen" : "on the board"}`;
  }
}
