// A board that is kept up to date by its feed.

import { Feed } from "../gateway/feed.js";
import { readRows } from "../gateway/validation.js";
import { tabStorage } from "../storage.js";
import { BoardView } from "./board-view.js";

/** @import { Board, Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/** A board's view and feed. It is shown as it was last published while its feed is closed. */
export class FollowedBoard {
  #view;
  #onShown;
  /** What came last and is not shown yet; null: nothing. @type {{ data: unknown } | null} */
  #pending = null;

  /**
   * @param {Board} board
   * @param {Field[]} fields
   * @param {Element} section the element that shows it
   * @param {object} options
   * @param {(symbol: string) => void} options.onPick called with a symbol that the user chose
   * @param {() => void} options.onPublished called when the board was published just now
   * @param {() => void} options.onShown called when a snapshot is on the screen
   * @param {(feed: Feed) => void} options.onState called when the feed's state has changed
   */
  constructor(board, fields, section, { onPick, onPublished, onShown, onState }) {
    const sortKey = `sort-${board.name}`;
    this.board = board;
    this.#onShown = onShown;
    this.#view = new BoardView(board, fields, section, {
      sort: tabStorage.json(sortKey),
      onPick,
      onSort: (sort) => tabStorage.set(sortKey, JSON.stringify(sort)),
    });
    this.feed = new Feed(board.feed, {
      onData: (data, isCached) => {
        if (!isCached) onPublished();
        // Only the newest of those that come between two frames, or while nobody looks, is shown.
        if (this.#pending === null) requestAnimationFrame(() => this.#show());
        this.#pending = { data };
      },
      onState,
    });
  }

  /** When the newest bar on the board ended, Unix milliseconds; 0: there is none. */
  newest() {
    return this.#view.newest();
  }

  /** The symbols of the board, best first. */
  symbols() {
    return this.#view.symbols();
  }

  /**
   * Show only the rows that pass.
   *
   * @param {(row: Row) => boolean} passes
   */
  filter(passes) {
    this.#view.filter(passes);
  }

  #show() {
    const rows = readRows(this.#pending?.data);
    this.#pending = null;
    if (rows) this.#view.update(rows);
    else this.#view.clear("What was published is no board");
    this.#onShown();
  }
}
