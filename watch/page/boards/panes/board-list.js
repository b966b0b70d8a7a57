// The list of boards and screens.

import { ask } from "../../gateway/requests.js";
import { readBoards } from "../../gateway/validation.js";
import { browserStorage } from "../../storage.js";

/** @import { Board } from "../../declarations.js" */

const STORED_AS = "published";

/**
 * Screens come and go while the page is open, so the list can be refreshed. The browser stores it: else a page that is
 * loaded again would show another board in the place of each screen, until the gateway has answered.
 */
export class BoardList {
  /** The boards first. @type {Board[]} */
  all;
  #onChange;
  /** @type {Promise<void> | null} */
  #asking = null;

  /**
   * @param {Board[]} known also before the gateway has answered
   * @param {() => void} onChange called when the list has changed
   */
  constructor(known, onChange) {
    const stored = readBoards(browserStorage.json(STORED_AS));
    this.all = [...known, ...stored.filter(({ name }) => !known.some((board) => board.name === name))];
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
    browserStorage.set(STORED_AS, JSON.stringify(boards));
    this.#onChange();
  }
}
