// What panes can show: boards, screens that are published, and screens that were made on the page.

import { allColumns } from "../columns/columns.js";
import { boardOf } from "../screens/draft.js";
import { OwnScreens, isSame } from "../screens/own-screens.js";
import { BoardList } from "./board-list.js";

/** @import { Board, Declarations } from "../../declarations.js" */
/** @import { Draft } from "../screens/draft.js" */
/** @import { Pane, Shown } from "./pane.js" */

/** Knows what is declared, and what is published at present. */
export class PaneBoards {
  /** Those that are shown at first. @type {Board[]} */
  declared;
  own = new OwnScreens();
  #list;
  #columns;
  /** How many screens were made on the page. */
  #made = 0;

  /**
   * @param {Declarations} declared
   * @param {() => void} onChange called when other screens are published
   */
  constructor({ boards, fields, windows }, onChange) {
    this.declared = boards;
    this.#list = new BoardList(boards, onChange);
    this.#columns = { board: allColumns(fields), screen: allColumns([...fields, ...windows]) };
  }

  /** All that are published, the boards first. */
  get published() {
    return this.#list.all;
  }

  /** Ask the gateway what is published. */
  refresh() {
    return this.#list.refresh();
  }

  /** @param {string} name */
  find(name) {
    return this.published.find((board) => board.name === name);
  }

  /**
   * @param {Pane[]} panes
   * @returns {Board[]} those that no pane shows
   */
  notIn(panes) {
    return this.published.filter(({ name }) => !panes.some(({ shown }) => shown.board.name === name));
  }

  /**
   * The user's own screens, in their order.
   *
   * @param {Pane[]} panes
   * @returns {{ draft: Draft, name: string, title: string, isShown: boolean }[]} the name is that of no board
   */
  ownAmong(panes) {
    return this.own.all.map((draft) => ({
      draft,
      name: `own ${draft.title}`,
      title: draft.title,
      isShown: panes.some(({ shown }) => shown.draft && isSame(shown.draft, draft)),
    }));
  }

  /**
   * What a pane needs to show a board or a screen.
   *
   * @param {Board | Draft} board
   * @returns {Shown}
   */
  shownOf(board) {
    if ("name" in board) {
      const isScreen = !this.#isDeclared(board);
      return { board, draft: null, isScreen, columns: isScreen ? this.#columns.screen : this.#columns.board };
    }
    const ranking = this.#columns.screen.get(board.by)?.title ?? board.by;
    const made = boardOf(board, `made_${++this.#made}`, ranking);
    return { board: made, draft: board, isScreen: true, columns: this.#columns.screen };
  }

  /** @param {Pane[]} panes whose choosers are to list them */
  fillChoosers(panes) {
    const screens = this.published.filter((each) => !this.#isDeclared(each));
    const own = this.ownAmong(panes).filter(({ isShown }) => !isShown);
    for (const { chooser, shown: { board, draft } } of panes) {
      chooser.show(this.declared, screens, draft ? [...own, board] : own, board);
    }
  }

  /** @param {Board} board */
  #isDeclared({ name }) {
    return this.declared.some((each) => each.name === name);
  }
}
