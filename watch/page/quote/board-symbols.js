// The symbols on the boards, including boards that are not on the screen.

import { ask } from "../gateway/requests.js";
import { readRows } from "../gateway/validation.js";

/** @import { BoardsPanel } from "../boards/panes/boards-panel.js" */

/** For so long the symbols of boards that are not on the screen are not asked for again. */
const FRESH_MS = 10_000;

/** Knows the symbols of all boards. */
export class BoardSymbols {
  #panel;
  #askedAt = -Infinity;
  /** Of the boards that are not on the screen. @type {string[]} */
  #others = [];

  /** @param {BoardsPanel} panel */
  constructor(panel) {
    this.#panel = panel;
  }

  /** All that are known, best first. */
  all() {
    return [...new Set([...this.#panel.panes.flatMap((pane) => pane.symbols()), ...this.#others])];
  }

  /** Ask for those of the boards that are not on the screen. Returns whether there was anything to ask for. */
  async refresh() {
    const { panes, visible } = this.#panel;
    const missing = panes.filter((pane) => !pane.shown.draft && !visible.includes(pane));
    if (missing.length === 0 || performance.now() - this.#askedAt < FRESH_MS) return false;
    this.#askedAt = performance.now();
    const paths = missing.map(({ shown }) => `api/boards/${shown.board.name}?fields=symbol`);
    const answers = await Promise.all(paths.map((path) => ask(path).catch(() => null)));
    this.#others = answers.flatMap((answer) => readRows(answer?.rows) ?? []).map(({ symbol }) => symbol);
    return true;
  }
}
