// The list of boards and screens.

import { ask } from "../../gateway/requests.js";
import { readBoards } from "../../gateway/validation.js";

/** @import { Board } from "../../declarations.js" */

/** Screens come and go while the page is open, so the list can be refreshed. */
export class BoardList {
  /** The boards first. @type {Board[]} */
  all;
  #onChange;
  /** @type {Promise<void> | null} */
  #asking = null;

  /**
   * @param {Board[]} known until the gateway has answered
   * @param {() => void} onChange called when the list has changed
   */
  constructor(known, onChange) {
    this.all = known;
    this.#onChange = onChange;
  }

  /** Ask the gateway. Where it does not answer, the list stays. */
  refresh() {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask() {
    const answer = await ask("api/boards").catch(() => null);
    const boards = readBoards(answer?.boards);
    if (boards.length === 0 || JSON.stringify(boards) === JSON.stringify(this.all)) return;
    this.all = boards;
    this.#onChange();
  }
}
