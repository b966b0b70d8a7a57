// Where a pane's rows come from: a board that is published, or a screen that was made on the page.

import { MOST_ROWS, queryOf } from "../screens/draft.js";

/** @import { Board } from "../../declarations.js" */
/** @import { BoardUpdate } from "../../store/board-feed.js" */
/** @import { Store } from "../../store/store.js" */
/** @import { Want } from "../../store/want.js" */
/** @import { Draft } from "../screens/draft.js" */

/** Follows them while they are on the screen. */
export class BoardSource {
  #store;
  #board;
  #draft;
  #options;
  /** What is followed, and how it is changed; null: nothing. @type {{ close: () => void, change: (want: Want) => void } | null} */
  #following = null;
  #wanted = "";

  /**
   * @param {Store} store
   * @param {Board} board
   * @param {Draft | null} draft null: the board is published
   * @param {object} options
   * @param {(update: BoardUpdate) => void} options.onBoard called with the rows
   * @param {(reason: string) => void} options.onRefused called where the gateway refuses
   */
  constructor(store, board, draft, options) {
    this.#store = store;
    this.#board = board;
    this.#draft = draft;
    this.#options = options;
  }

  /** @param {Want} want of the rows, from now on */
  open(want) {
    if (this.#following) {
      this.change(want);
      return;
    }
    this.#wanted = JSON.stringify(want);
    this.#following = this.#draft ? this.#followDraft(this.#draft, want) : this.#followBoard(want);
  }

  /** @param {Want} want of the rows, while they are followed */
  change(want) {
    const wanted = JSON.stringify(want);
    if (!this.#following || wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#following.change(want);
  }

  close() {
    this.#following?.close();
    this.#following = null;
  }

  /** @param {Want} want */
  #followBoard(want) {
    const { onBoard, onRefused } = this.#options;
    return this.#store.board(this.#board.name, { ...want, onRefused }, onBoard);
  }

  /**
   * @param {Draft} draft
   * @param {Want} want
   */
  #followDraft(draft, want) {
    const { onBoard, onRefused } = this.#options;
    /** @param {Want} of */
    const query = ({ fields = [], limit = MOST_ROWS }) => {
      return `${queryOf(draft)}&limit=${limit}&fields=${fields.join(",")}`;
    };
    const following = this.#store.screen(query(want), onBoard, onRefused);
    return { close: () => following.close(), change: (/** @type {Want} */ of) => following.change(query(of)) };
  }
}
