// A board or screen for all views that show it.

import { BoardRows } from "./board-rows.js";
import { union } from "./want.js";

/** @import { Row } from "../row.js" */
/** @import { Want } from "./want.js" */

/**
 * What a view is shown: the rows, best first, ranked from 1; and why it is not known which they were, as a sentence:
 * empty where it is known. A row that has not changed is the same object as before.
 *
 * @typedef {{ rows: Row[], unknown: string }} BoardUpdate
 */

/**
 * A view of the board.
 *
 * @typedef {object} BoardListener
 * @property {Want} want
 * @property {(update: BoardUpdate) => void} onBoard
 * @property {(reason: string) => void} onRefused called where the gateway refuses the board: it may be a screen that is
 *   no longer published. The store goes on asking.
 */

/** Collects what comes of a board between two frames. */
export class BoardFeed {
  name;
  /** @type {Set<BoardListener>} */
  listeners = new Set();
  drawsLater = false;
  #board = new BoardRows();
  /** Whether a whole board came. */
  #isKnown = false;
  /** Whether one is awaited: deltas that come before it say nothing. */
  #awaitsWhole = true;
  #unknown = "";

  /** @param {string} name of the feed: `scanners:top_gainers` */
  constructor(name) {
    this.name = name;
  }

  /** What all views want together. @returns {Want} */
  get want() {
    return union([...this.listeners].map(({ want }) => want));
  }

  /**
   * Take a message of the gateway.
   *
   * @param {any} message parsed
   * @returns {"published" | "cached" | "missed" | "ignored"} cached: what was published last, however long ago; missed:
   *   the whole has to be asked for
   */
  take(message) {
    const applied = this.#board.apply(message);
    if (applied === "misfit") {
      const wasAwaited = this.#awaitsWhole;
      this.#awaitsWhole = true;
      return wasAwaited ? "ignored" : "missed";
    }
    this.#isKnown = true;
    this.#awaitsWhole = false;
    this.#unknown = "";
    return applied === "whole" ? "cached" : "published";
  }

  /**
   * Show other rows in the place of all, until the next whole board comes.
   *
   * @param {Row[]} rows best first
   * @param {string} unknown why it is not known which they were; empty: it is known
   */
  replace(rows, unknown = "") {
    this.#board.replace(rows);
    this.#isKnown = true;
    this.#awaitsWhole = true;
    this.#unknown = unknown;
  }

  /** Call the views. */
  deliver() {
    if (!this.#isKnown) return;
    const { rows } = this.#board;
    for (const { want: { limit = rows.length }, onBoard } of this.listeners) {
      onBoard({ rows: rows.length > limit ? rows.slice(0, limit) : rows, unknown: this.#unknown });
    }
  }

  /** @param {string} reason */
  refuse(reason) {
    for (const { onRefused } of this.listeners) onRefused(reason);
  }
}
