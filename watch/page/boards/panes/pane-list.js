// The panes in their order: what each is to show, and the pane that shows it.

import { moved } from "./arrangement.js";
import { boardsOf, withChosen } from "./pane-settings.js";

/** @import { Board } from "../../declarations.js" */
/** @import { Draft } from "../screens/draft.js" */
/** @import { Pane } from "./pane.js" */
/** @import { PaneBoards } from "./pane-boards.js" */
/** @import { PaneSettings } from "./pane-settings.js" */

/** What a pane is to show, and the pane; null: there is none yet. @typedef {{ settings: PaneSettings, pane: Pane | null }} Entry */

/** Makes and closes panes as boards and screens come and go. */
export class PaneList {
  #boards;
  #make;
  /** @type {Entry[]} */
  #entries = [];

  /**
   * @param {PaneBoards} boards what panes can show
   * @param {(board: Board | Draft, settings: PaneSettings) => Pane} make makes a pane
   */
  constructor(boards, make) {
    this.#boards = boards;
    this.#make = make;
  }

  /** Those that there are. */
  get panes() {
    return this.#entries.flatMap(({ pane }) => pane ?? []);
  }

  /** How many there are to be: a board may not be known yet. */
  get length() {
    return this.#entries.length;
  }

  /** What each is to show. */
  get settings() {
    return this.#entries.map(({ settings, pane }) => (pane && !isStandIn(settings, pane) ? pane.settings : settings));
  }

  /** @param {PaneSettings[]} all in their order, instead of those that there are */
  set settings(all) {
    for (const { pane } of this.#entries) pane?.close();
    this.#entries = all.map((settings) => ({ settings, pane: null }));
  }

  /** Make the panes that are missing, and anew those whose board has changed. */
  fill() {
    const intended = this.#entries.map(({ settings }) => settings);
    const shown = boardsOf(intended, this.#boards.declared, this.#boards.published);
    this.#entries.forEach((entry, i) => {
      const board = shown[i];
      if (entry.pane && board && isShowing(entry.pane, board)) return;
      entry.pane?.close();
      entry.pane = board && this.#make(board, standingIn(board, entry.settings));
    });
  }

  /** @param {PaneSettings} settings of one more, at the end */
  add(settings) {
    this.#entries.push({ settings, pane: null });
  }

  /** @param {Pane} pane */
  placeOf(pane) {
    return this.#entries.findIndex((entry) => entry.pane === pane);
  }

  /**
   * @param {Pane} replaced
   * @param {PaneSettings} settings of what comes in its place
   */
  replace(replaced, settings) {
    const before = this.#entries.map(({ pane, settings: intended }) => pane?.settings ?? intended);
    const { panes } = this;
    // A board that another pane has changes places with this one, as it is.
    this.#entries = withChosen(before, this.placeOf(replaced), settings).map((each) => {
      const pane = panes.find(({ shown }) => each.board !== undefined && shown.board.name === each.board);
      return { settings: each, pane: pane ?? panes.find(({ shown }) => shown.draft && shown.draft === each.draft) ?? null };
    });
    for (const pane of panes) if (this.placeOf(pane) < 0) pane.close();
  }

  /**
   * @param {Pane} pane
   * @param {number} place among the others
   */
  move(pane, place) {
    this.#entries = moved(this.#entries, this.placeOf(pane), place);
  }

  /** @param {Pane} removed */
  remove(removed) {
    removed.close();
    this.#entries = this.#entries.filter(({ pane }) => pane !== removed);
  }
}

/**
 * @param {Pane} pane
 * @param {Board | Draft} board
 */
function isShowing({ shown }, board) {
  return shown.draft === board || JSON.stringify(shown.board) === JSON.stringify(board);
}

/**
 * Whether a pane shows a usual board in the place of a screen that is not published.
 *
 * @param {PaneSettings} settings
 * @param {Pane} pane
 */
function isStandIn({ board }, { shown }) {
  return board !== undefined && shown.draft === null && shown.board.name !== board;
}

/**
 * The settings of a pane that shows a board: what was chosen for another board is nothing for this one.
 *
 * @param {Board | Draft} board
 * @param {PaneSettings} settings
 * @returns {PaneSettings}
 */
function standingIn(board, settings) {
  return "name" in board && board.name !== settings.board ? { share: settings.share } : settings;
}
