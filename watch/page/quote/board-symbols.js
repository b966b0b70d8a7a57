// The symbols on the boards, including boards that are not on the screen.

import { ask } from "../gateway/requests.js";
import { readRows } from "../gateway/validation.js";

/** @import { FollowedBoard } from "../boards/followed-board.js" */

/** For so long the symbols of boards that are not on the screen are not asked for again. */
const FRESH_MS = 10_000;

/** Knows the symbols of all boards. */
export class BoardSymbols {
  #boards;
  #isShown;
  #askedAt = -Infinity;
  /** Of the boards that are not on the screen. @type {string[]} */
  #others = [];

  /**
   * @param {FollowedBoard[]} boards
   * @param {(board: FollowedBoard) => boolean} isShown returns whether a board is on the screen
   */
  constructor(boards, isShown) {
    this.#boards = boards;
    this.#isShown = isShown;
  }

  /** All that are known, best first. */
  all() {
    return [...new Set([...this.#boards.flatMap((board) => board.symbols()), ...this.#others])];
  }

  /** Ask for those of the boards that are not on the screen. Returns whether there was anything to ask for. */
  async refresh() {
    const missing = this.#boards.filter((board) => !this.#isShown(board));
    if (missing.length === 0 || performance.now() - this.#askedAt < FRESH_MS) return false;
    this.#askedAt = performance.now();
    const answers = await Promise.all(missing.map(({ board }) => ask(`api/boards/${board.name}`).catch(() => null)));
    this.#others = answers.flatMap((answer) => readRows(answer?.rows) ?? []).map(({ symbol }) => symbol);
    return true;
  }
}
