// What boards and quotes show while the desk is at a second of the past.

import { BoardFeed } from "./board-feed.js";
import { PastSource } from "./past-source.js";
import { QuoteFeed } from "./quote-feed.js";
import { union } from "./want.js";

/** @import { Moment } from "./past-source.js" */
/** @import { Feed } from "./store.js" */

/** What was shown before stays for so long. Then the page says that it waits, and shows no present as the past. */
const LATE_MS = 1_000;
const LATE = "Waiting for what was published then";

/** Asks for a second of all feeds that are followed, and shows it. */
export class PastFeeds {
  /** The second that is wanted, Unix milliseconds; null: the present. @type {number | null} */
  at = null;
  /** The second that is shown, as far as it is known; null: none is. @type {Moment | null} */
  moment = null;
  /** Why nothing is known of the second; empty: it is, or has not come yet. */
  unknown = "";
  #feeds;
  #nameOf;
  #onShown;
  #source = new PastSource({
    onMoment: (moment) => this.#show(moment, ""),
    onFailure: (reason) => this.#show(null, reason),
  });
  /** Whether it is asked for as soon as all views have said what they follow. */
  #willAsk = false;
  #lateTimer = 0;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {Map<string, Feed>} feeds those that are followed, by name
   * @param {object} options
   * @param {(feed: BoardFeed) => string} options.nameOf returns the name of a feed's board
   * @param {(feed: Feed) => void} options.onShown called with each feed that has something else to show
   */
  constructor(feeds, { nameOf, onShown }) {
    this.#feeds = feeds;
    this.#nameOf = nameOf;
    this.#onShown = onShown;
  }

  /** Whether a second is wanted that has not come yet. */
  get isWaiting() {
    return this.#willAsk || this.#source.isWaiting;
  }

  /** @param {() => void} listener called when a second is shown, or nothing in its place */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /** @param {number | null} at Unix milliseconds; null: the present */
  show(at) {
    this.at = at;
    this.unknown = "";
    if (at !== null) {
      this.ask();
      return;
    }
    this.#source.ask(null);
    this.#stopTimer();
    this.moment = null;
  }

  /** Ask for the second, once all views that change what they follow have done so. */
  ask() {
    if (this.#willAsk) return;
    this.#willAsk = true;
    this.#lateTimer ||= window.setTimeout(() => this.#show(this.moment, LATE), LATE_MS);
    queueMicrotask(() => {
      this.#willAsk = false;
      if (this.at !== null) this.#askFor(this.at);
    });
  }

  /** @param {number} at Unix milliseconds */
  #askFor(at) {
    const feeds = [...this.#feeds.values()];
    const boards = feeds.filter((feed) => feed instanceof BoardFeed);
    this.#source.ask({
      at,
      boards: boards.map((feed) => this.#nameOf(feed)),
      symbols: feeds.filter((feed) => feed instanceof QuoteFeed).map((feed) => feed.symbol),
      want: boards.length > 0 ? union(boards.map((feed) => feed.want)) : {},
    });
  }

  /**
   * @param {Moment | null} moment null: it is not known
   * @param {string} unknown why it is not, or has not come yet; empty: it is known
   */
  #show(moment, unknown) {
    this.#stopTimer();
    this.moment = moment;
    this.unknown = unknown;
    for (const feed of this.#feeds.values()) {
      if (feed instanceof BoardFeed) {
        const name = this.#nameOf(feed);
        feed.replace(moment?.boards.get(name) ?? [], moment ? moment.unknown.get(name) : unknown);
      } else if (feed instanceof QuoteFeed) {
        feed.replace(moment?.quotes.get(feed.symbol) ?? null);
      }
      this.#onShown(feed);
    }
    for (const listener of this.#listeners) listener();
  }

  #stopTimer() {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = 0;
  }
}
