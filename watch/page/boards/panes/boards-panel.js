// The boards of the desk: one to six panes beside and below each other, or where that is too narrow, one at a time.

import { make } from "../../elements.js";
import { tabStorage } from "../../storage.js";
import { ScreenMaker } from "../screens/screen-maker.js";
import { Pane } from "./pane.js";
import { PaneBoards } from "./pane-boards.js";
import { PaneList } from "./pane-list.js";
import { PaneRoom } from "./pane-room.js";
import { MOST_PANES, readPanes } from "./pane-settings.js";
import { Toolbar } from "./toolbar.js";

/** @import { Board, Declarations } from "../../declarations.js" */
/** @import { Selection } from "../../selection/selection.js" */
/** @import { Sparklines } from "../../sparklines/sparklines.js" */
/** @import { Trading } from "../../status/calendar.js" */
/** @import { Notice } from "../../layout/notice.js" */
/** @import { Store } from "../../store/store.js" */
/** @import { Undo } from "../../undo.js" */
/** @import { Texts } from "../filters/filters.js" */
/** @import { Shared } from "../rows/board-view.js" */
/** @import { Draft } from "../screens/draft.js" */
/** @import { Action } from "./pane-heading.js" */
/** @import { PaneSettings } from "./pane-settings.js" */

const EVERY_MS = 1_000;
const CHOSEN_TAB = "board";

/** A panel (layout/panel.js). */
export class BoardsPanel {
  element = make("div", "boards");
  #boards;
  #store;
  #options;
  /** @type {Shared} */
  #shared;
  #list;
  /** Filters of a link, for all panes. @type {Texts | null} */
  #texts;
  #room;
  #toolbar;
  #maker;
  /** @type {{ title: string, run: (screen: Draft) => void }[]} */
  #actions = [];
  #isShown = false;
  #isPaused = false;
  /** The pane that has the tab, or that the user was last at. */
  #current = 0;

  /**
   * @param {Declarations} declared
   * @param {object} parts
   * @param {Store} parts.store
   * @param {Notice} parts.notice
   * @param {Undo} parts.undo
   * @param {Selection} parts.selection
   * @param {Sparklines} parts.sparklines
   * @param {() => boolean} parts.isLive whether the present is shown
   * @param {(symbol: string) => boolean} parts.isWatched whether the watchlist that is shown has the symbol
   * @param {() => Trading | null} parts.trading the market while it trades; null: it is closed, or nobody knows
   * @param {() => number | null} parts.recorded for how long rows are recorded for fields that compare with minutes
   *   before, seconds; null: unknown
   * @param {object} options
   * @param {Texts | null} options.texts filters of a link, for all panes
   * @param {() => void} options.onFiltered called when the user has changed filters: those of a link count no more
   * @param {() => void} options.onChange called whenever the settings have changed
   * @param {() => void} options.onShown called when a snapshot is on the screen
   */
  constructor(declared, { store, notice, undo, ...parts }, options) {
    this.#store = store;
    this.#options = options;
    this.#texts = options.texts;
    this.#shared = { ...parts, frames: store.frames, fields: [...declared.fields, ...declared.windows] };
    this.#boards = new PaneBoards(declared, () => this.#arrange());
    this.#list = new PaneList(this.#boards, (board, settings) => this.#pane(board, settings));
    this.#room = new PaneRoom(() => this.#go(this.#current), () => options.onChange());
    this.#toolbar = new Toolbar({
      onTab: (pane) => this.#go(pane),
      onOpenList: () => this.#boards.refresh(),
      addable: () => (this.#list.length < MOST_PANES ? this.#boards.notIn(this.panes) : []),
      onAdd: (name) => this.#add({ board: name }),
      own: () => this.#boards.ownAmong(this.panes).map(({ draft, title, isShown }) => {
        return { draft, title, isAddable: !isShown && this.#list.length < MOST_PANES };
      }),
      onAddOwn: (draft) => this.#add({ draft }),
      onDelete: (draft) => this.#maker.delete(draft),
      onMake: () => this.#maker.make(null),
      onPause: () => this.pause(),
    });
    this.#maker = new ScreenMaker(this.#boards.own, { fields: this.#shared.fields, notice, undo }, {
      onMade: (draft) => this.#add({ draft }),
      onOwn: () => this.#arrange(),
    });
    this.element.append(this.#toolbar.element, this.#room.element, this.#maker.element);
    parts.selection.watch(() => this.panes.forEach((pane) => pane.select()));
    store.onConnection(() => {
      if (store.connection.state === "open") void this.#boards.refresh();
    });
    setInterval(() => this.refresh({ mayWait: true }), EVERY_MS);
    this.apply({});
  }

  // --- what the desk asks of a panel

  /** What differs from the usual. @returns {{ panes?: PaneSettings[], heights?: number[] }} */
  settings() {
    const panes = this.#list.settings;
    const usual = this.#boards.declared.map(({ name }) => ({ board: name }));
    const heights = this.#room.heights.map((height) => Math.round(height * 100) / 100);
    return {
      ...(JSON.stringify(panes) !== JSON.stringify(usual) && { panes }),
      ...(heights.some((height) => height !== 1) && { heights }),
    };
  }

  /** @param {any} given what `settings` returned once */
  apply(given) {
    const chosen = readPanes(given?.panes);
    const usual = this.#boards.declared.slice(0, MOST_PANES).map(({ name }) => ({ board: name }));
    this.#room.heights = Array.isArray(given?.heights) ? given.heights.map(Number) : [];
    const settings = chosen.length > 0 ? chosen : usual;
    this.#list.settings = settings;
    const last = tabStorage.get(CHOSEN_TAB);
    this.#current = Math.max(0, settings.findIndex(({ board }) => board === last));
    this.#arrange();
  }

  /** @param {boolean} isShown whether the panel is on the screen */
  shown(isShown) {
    this.#isShown = isShown;
    this.#follow();
  }

  /** The panes, in their order. */
  get panes() {
    return this.#list.panes;
  }

  /** Those that are on the screen. */
  get visible() {
    if (!this.#isShown) return [];
    return this.#room.isSingle ? this.panes.slice(this.#current, this.#current + 1) : this.panes;
  }

  /** The pane that the user was last at. @returns {Pane | undefined} */
  get current() {
    return this.panes.find(({ element }) => element.contains(document.activeElement)) ?? this.panes[this.#current];
  }

  /**
   * Go to a pane, so that the keyboard chooses among its rows.
   *
   * @param {number} pane counted from 0; where there is no such pane nothing happens
   */
  focus(pane) {
    if (!this.panes[pane]) return;
    this.#go(pane);
    this.panes[pane].focus();
  }

  /** Keep all rows in their places, or let them move again. */
  pause() {
    this.#isPaused = !this.#isPaused;
    this.#toolbar.setPaused(this.#isPaused);
    for (const pane of this.panes) pane.pause(this.#isPaused);
  }

  /** Another time is shown, whose rows have an order of their own. */
  resume() {
    if (this.#isPaused) this.pause();
  }

  /**
   * Show what changes by itself: ages, moves of ranks, and which symbols are watched.
   *
   * @param {object} [when]
   * @param {boolean} [when.mayWait] whether it is drawn with the next tick, and not at once
   */
  refresh(when = {}) {
    if (document.hidden) return;
    for (const pane of this.visible) this.#store.frames.add(pane, () => pane.refresh(), when);
  }

  /**
   * Add something that can be done with a pane's screen to the panes' menus.
   *
   * @param {string} title
   * @param {(screen: Draft) => void} run
   */
  addAction(title, run) {
    this.#actions.push({ title, run });
  }

  // --- panes

  /** Make the panes that are missing, and show all in their order. */
  #arrange() {
    this.#list.fill();
    this.#current = Math.max(0, Math.min(this.#current, this.panes.length - 1));
    this.#boards.fillChoosers(this.panes);
    this.#room.show(this.panes, this.#current);
    this.#follow();
  }

  /**
   * @param {Board | Draft} board
   * @param {PaneSettings} settings
   */
  #pane(board, settings) {
    /** @type {Pane} */
    const pane = new Pane(this.#boards.shownOf(board), settings, this.#shared, this.#store, {
      onChoose: (name) => this.#choose(pane, name),
      onOpenList: () => this.#boards.refresh(),
      onRefused: () => this.#boards.refresh(),
      onChange: () => this.#options.onChange(),
      onFiltered: () => this.#onFiltered(),
      onWidths: () => this.#room.arrange(),
      onShown: () => this.#options.onShown(),
      onEverywhere: (texts) => this.#filterAll(texts),
      onWholeMarket: (draft) => this.#replace(pane, { draft: this.#boards.own.keep(draft) }),
      onMove: (by) => this.#move(pane, this.#list.placeOf(pane) + by),
      onDrop: (at) => this.#drop(pane, at),
      actions: () => this.#menu(pane),
    });
    if (this.#texts) pane.lend(this.#texts);
    if (this.#isPaused) pane.pause(true);
    pane.element.addEventListener("focusin", () => {
      if (!this.#room.isSingle) this.#current = this.panes.indexOf(pane);
    });
    return pane;
  }

  // --- what the user does

  /**
   * @param {PaneSettings} settings
   * @returns {boolean} whether there was room
   */
  #add(settings) {
    if (this.#list.length >= MOST_PANES) return false;
    this.#list.add(settings);
    this.#arrange();
    this.focus(this.panes.length - 1);
    this.#options.onChange();
    return true;
  }

  /**
   * @param {Pane} pane
   * @param {string} name of the board that was chosen for it
   */
  #choose(pane, name) {
    const own = this.#boards.ownAmong(this.panes).find((each) => each.name === name);
    if (own) this.#replace(pane, { draft: own.draft, share: pane.share });
    else if (this.#boards.find(name)) this.#replace(pane, { board: name, share: pane.share });
  }

  /**
   * @param {Pane} replaced
   * @param {PaneSettings} settings of what comes in its place
   */
  #replace(replaced, settings) {
    const place = this.#list.placeOf(replaced);
    this.#list.replace(replaced, settings);
    this.#arrange();
    if (this.#room.isSingle) this.#go(place);
    // Not the list, in which the page's keys do nothing.
    this.panes[place]?.focus();
    this.#options.onChange();
  }

  /**
   * @param {Pane} pane of a screen that was made on the page
   * @param {Draft} draft
   */
  #change(pane, draft) {
    this.#maker.change(draft, (changed) => this.#replace(pane, { ...pane.settings, draft: changed }));
  }

  /**
   * @param {Pane} pane
   * @param {number} place
   */
  #move(pane, place) {
    if (place < 0 || place >= this.#list.length) return;
    const focused = document.activeElement;
    this.#list.move(pane, place);
    this.#arrange();
    if (focused instanceof HTMLElement) focused.focus();
    this.#options.onChange();
  }

  /**
   * @param {Pane} pane
   * @param {PointerEvent} at
   */
  #drop(pane, { clientX, clientY }) {
    const target = document.elementFromPoint(clientX, clientY)?.closest(".board");
    const other = this.panes.find(({ element }) => element === target);
    if (other && other !== pane) this.#move(pane, this.#list.placeOf(other));
  }

  /** @param {Pane} removed */
  #remove(removed) {
    this.#list.remove(removed);
    this.#arrange();
    this.panes[this.#current]?.focus();
    this.#options.onChange();
  }

  /**
   * @param {Pane} pane
   * @returns {Action[]}
   */
  #menu(pane) {
    const place = this.#list.placeOf(pane);
    const last = this.#list.length - 1;
    const { draft } = pane.shown;
    return [
      { title: "Move to the left", run: () => this.#move(pane, place - 1), isEnabled: place > 0 },
      { title: "Move to the right", run: () => this.#move(pane, place + 1), isEnabled: place < last },
      ...(draft ? [{ title: "Change this screen\u2026", run: () => this.#change(pane, draft), isEnabled: true }] : []),
      { title: "Make a screen of this board\u2026", run: () => this.#maker.make(pane.screen), isEnabled: true },
      ...this.#actions.map(({ title, run }) => ({ title, run: () => run(pane.screen), isEnabled: true })),
      { title: "Remove this board", run: () => this.#remove(pane), isEnabled: last > 0 },
    ];
  }

  /** @param {Texts} texts */
  #filterAll(texts) {
    for (const pane of this.panes) pane.filter(texts);
    this.#onFiltered();
  }

  #onFiltered() {
    this.#texts = null;
    this.#options.onFiltered();
    this.#options.onChange();
  }

  // --- what is on the screen

  /** @param {number} pane that has the tab from now on */
  #go(pane) {
    this.#current = pane;
    tabStorage.set(CHOSEN_TAB, this.panes[pane]?.shown.board.name ?? "");
    this.#room.show(this.panes, pane);
    this.#follow();
  }

  /** Follow what is on the screen, and nothing else. */
  #follow() {
    const { visible } = this;
    for (const pane of this.panes) {
      if (visible.includes(pane)) pane.open();
      else pane.close();
    }
    this.#toolbar.show(this.panes.map(({ shown }) => shown.board), this.#current, this.#room.isSingle);
  }
}
