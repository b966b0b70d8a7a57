// What panes can show: boards, screens that are published, and screens that were made on the page.

import { allColumns } from "../columns/columns.js";
import { boardOf } from "../screens/draft.js";
import { BoardList } from "./board-list.js";

/** @import { Board, Declarations } from "../../declarations.js" */
/** @import { Draft } from "../screens/draft.js" */
/** @import { Pane, Shown } from "./pane.js" */

/** Knows what is declared, and what is published at present. */
export class PaneBoards {
  /** Those that are shown at first. @type {Board[]} */
  declared;
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

  /** @param {Pane} pane whose chooser is to list them */
  fillChooser({ chooser, shown: { board, draft } }) {
    const screens = this.published.filter((each) => !this.#isDeclared(each));
    chooser.show(this.declared, draft ? [...screens, board] : screens, board);
  }

  /** @param {Board} board */
  #isDeclared({ name }) {
    return this.declared.some((each) => each.name === name);
  }
}
