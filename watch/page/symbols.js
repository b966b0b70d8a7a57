// The symbols that are on the boards, also on those that are not on the screen.

import { answer } from "./asking.js";
import { rowsOf } from "./published.js";

// Milliseconds for which what was asked for is good enough.
const FRESH = 10_000;

export class Symbols {
  #boards;
  #asked = -Infinity;
  #others = [];

  /** @param boards returns of each board its name, the symbols that the page has of it, and whether it is followed. */
  constructor(boards) {
    this.#boards = boards;
  }

  /** All that are known, best first. */
  all() {
    return [...new Set([...this.#boards().flatMap(({ symbols }) => symbols), ...this.#others])];
  }

  /** Ask for those of the boards that are not followed. Whether there was anything to ask. */
  async refresh() {
    const missing = this.#boards().filter(({ followed }) => !followed);
    if (missing.length === 0 || performance.now() - this.#asked < FRESH) return false;
    this.#asked = performance.now();
    const told = await Promise.all(missing.map(({ name }) => answer(`api/boards/${name}`).catch(() => null)));
    this.#others = told.flatMap((board) => rowsOf(board?.rows) ?? []).map(({ symbol }) => symbol);
    return true;
  }
}
