// What boards and quotes show while the desk is at a second of the past.

import { BoardFeed } from "./board-feed.js";
import { PastAhead } from "./past-ahead.js";
import { PastSource } from "./past-source.js";
import { QuoteFeed } from "./quote-feed.js";
import { union } from "./want.js";

/** @import { Second } from "./past-ahead.js" */
/** @import { Moment, Wanted } from "./past-source.js" */
/** @import { Feed } from "./store.js" */

/** What is shown stays as it is for so long while another second is awaited. Then it is dimmed. */
const DIMMED_MS = 300;
/** Then the page says that it waits, and shows no present as the past. */
const LATE_MS = 1_000;
const LATE = "Loading \u2026";

/** Asks for a second of all feeds that are followed, and shows it. */
export class PastFeeds {
  /** The second that is wanted, Unix milliseconds; null: the present. @type {number | null} */
  at = null;
  /** The second that is shown, whether it is known or not, Unix milliseconds; null: none is yet. @type {number | null} */
  shownAt = null;
  /** That second, as far as it is known; null: it is not. @type {Moment | null} */
  moment = null;
  /** Why nothing is known of the second, or what is awaited; empty: it is known. */
  unknown = "";
  /** Whether what is shown is not of the second that is wanted, and so for a while. */
  isLoading = false;
  /** What is read while the past plays. */
  ahead = new PastAhead(() => this.#wanted());
  #feeds;
  #nameOf;
  #onShown;
  #source = new PastSource({
    onMoment: (moment) => this.#show({ at: moment.at, moment, unknown: "" }),
    onFailure: (at, unknown) => this.#show({ at, moment: null, unknown }),
  });
  /** Whether it is asked for as soon as all views have said what they follow. */
  #willAsk = false;
  #dimTimer = 0;
  #lateTimer = 0;
  #isLate = false;
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

  /** @param {() => void} listener called when another second is shown or awaited, or nothing in its place */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /** @param {number | null} at Unix milliseconds; null: the present */
  show(at) {
    // It was read ahead.
    if (at !== null && at === this.at && at === this.shownAt) return;
    this.at = at;
    if (at !== null) {
      this.ask();
      return;
    }
    this.#source.ask(null);
    this.#stopTimers();
    this.shownAt = null;
    this.moment = null;
    this.unknown = "";
    this.isLoading = false;
  }

  /** @param {Second} second that was read ahead, to be shown from now on */
  showRead(second) {
    this.at = second.at;
    this.#source.ask(null);
    this.#show(second);
  }

  /** Ask for the second, once all views that change what they follow have done so. */
  ask() {
    this.#await();
    if (this.#willAsk) return;
    this.#willAsk = true;
    queueMicrotask(() => {
      this.#willAsk = false;
      // Meanwhile it may have been left, or shown from what was read ahead.
      if (this.at !== null) this.#source.ask({ ...this.#wanted(), at: this.at });
    });
  }

  /** What is wanted of each second. @returns {Omit<Wanted, "at">} */
  #wanted() {
    const feeds = [...this.#feeds.values()];
    const boards = feeds.filter((feed) => feed instanceof BoardFeed);
    return {
      boards: boards.map((feed) => this.#nameOf(feed)),
      symbols: feeds.filter((feed) => feed instanceof QuoteFeed).map((feed) => feed.symbol),
      want: boards.length > 0 ? union(boards.map((feed) => feed.want)) : {},
    };
  }

  /** @param {Second} second */
  #show({ at, moment, unknown }) {
    this.shownAt = at;
    this.moment = moment;
    if (at === this.at) {
      this.#stopTimers();
      this.isLoading = false;
    }
    this.unknown = unknown || (this.#isLate ? LATE : "");
    this.#fill();
  }

  /** Have all feeds show the second. */
  #fill() {
    const { moment, unknown } = this;
    for (const feed of this.#feeds.values()) {
      if (feed instanceof BoardFeed) {
        const name = this.#nameOf(feed);
        feed.replace(moment?.boards.get(name) ?? [], moment ? moment.unknown.get(name) : unknown);
      } else if (feed instanceof QuoteFeed) {
        feed.replace(moment?.quotes.get(feed.symbol) ?? null);
      }
      this.#onShown(feed);
    }
    this.#say();
  }

  /** Dim what is shown, and say that it waits, if the second is long in coming. */
  #await() {
    // What is of the present is never of the second.
    if (this.shownAt === null) this.isLoading = true;
    else if (this.shownAt !== this.at) this.#dimTimer ||= window.setTimeout(() => this.#dim(), DIMMED_MS);
    this.#lateTimer ||= window.setTimeout(() => this.#sayLate(), LATE_MS);
  }

  #dim() {
    this.isLoading = true;
    this.#say();
  }

  #sayLate() {
    this.#isLate = true;
    this.unknown = LATE;
    if (this.moment) this.#say();
    else this.#fill();
  }

  #say() {
    for (const listener of this.#listeners) listener();
  }

  #stopTimers() {
    clearTimeout(this.#dimTimer);
    clearTimeout(this.#lateTimer);
    this.#dimTimer = this.#lateTimer = 0;
    this.#isLate = false;
  }
}
