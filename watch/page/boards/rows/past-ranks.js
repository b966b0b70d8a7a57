// Where the symbols of a board stood a minute ago, or a minute before the second that is shown of the past.

import { askHistory } from "../../gateway/requests.js";
import { readPastRanks } from "../../gateway/validation.js";

const EVERY_MS = 10_000;
/** The gateway may not be there yet, or the page be hidden: whether it can be asked is looked at more often. */
const LOOK_EVERY_MS = 1_000;
/** After so long ranks are asked for again that the gateway could not answer. */
const RETRY_MS = 3_000;

/** Asks the gateway while the board is on the screen. Of the past it asks once the desk stays at a second. */
export class PastRanks {
  #name;
  #canAsk;
  #shownAt;
  /** @type {Map<string, number> | null} */
  #ranks = null;
  /** The second of which they were asked, Unix milliseconds; null: now. @type {number | null} */
  #ranksAt = null;
  /** The second that was shown when it was looked last. @type {number | null} */
  #seenAt = null;
  #timer = 0;
  /** Milliseconds of performance.now(). */
  #askedAt = -Infinity;
  /** Whether the gateway was there when it was looked last. */
  #wasThere = false;

  /**
   * @param {string} name of the board
   * @param {object} options
   * @param {() => boolean} options.canAsk returns whether the gateway is there, and has the key
   * @param {() => number | null} options.shownAt returns the second that the desk is at, Unix milliseconds; null: live
   */
  constructor(name, { canAsk, shownAt }) {
    this.#name = name;
    this.#canAsk = canAsk;
    this.#shownAt = shownAt;
  }

  /**
   * @param {string} symbol
   * @returns {number | null | undefined} null: it was not on the board; undefined: nobody knows
   */
  of(symbol) {
    if (this.#ranks === null || this.#ranksAt !== this.#shownAt()) return undefined;
    return this.#ranks.get(symbol) ?? null;
  }

  /** Ask from now on. */
  open() {
    if (this.#timer) return;
    this.#timer = window.setInterval(() => void this.#ask(), LOOK_EVERY_MS);
    void this.#ask();
  }

  /** Ask no more, and forget what was answered. */
  close() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#ranks = null;
    this.#askedAt = -Infinity;
  }

  async #ask() {
    const now = performance.now();
    const at = this.#shownAt();
    const stays = at === null || at === this.#seenAt;
    this.#seenAt = at;
    const isThere = this.#canAsk();
    // It is back: nobody waits until the next time.
    if (isThere && !this.#wasThere) this.#askedAt = -Infinity;
    this.#wasThere = isThere;
    const isOfAnother = at !== this.#ranksAt;
    // What was of the past stays as it was.
    const isDue = now - this.#askedAt >= EVERY_MS && (at === null || this.#ranks === null);
    if (document.hidden || !isThere || !stays || !(isOfAnother || isDue)) return;
    this.#askedAt = now;
    this.#ranksAt = at;
    if (isOfAnother) this.#ranks = null;
    const query = at === null ? "" : `?at=${new Date(at).toISOString()}`;
    const answer = await askHistory(`api/boards/${this.#name}/moves${query}`)
      .then((response) => (response.status < 500 ? response.json() : null))
      .catch(() => null);
    if (!this.#timer || at !== this.#ranksAt) return;
    if (answer === null) this.#askedAt = performance.now() - EVERY_MS + RETRY_MS;
    this.#ranks = readPastRanks(answer);
  }
}
