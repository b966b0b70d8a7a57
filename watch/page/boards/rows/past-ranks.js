// Where the symbols of a board stood a minute ago.

import { ask } from "../../gateway/requests.js";
import { readPastRanks } from "../../gateway/validation.js";

const EVERY_MS = 10_000;
/** The gateway may not be there yet, or the page be hidden: whether it can be asked is looked at more often. */
const LOOK_EVERY_MS = 1_000;

/** Asks the gateway while the board is on the screen. */
export class PastRanks {
  #name;
  #canAsk;
  /** @type {Map<string, number> | null} */
  #ranks = null;
  #timer = 0;
  /** Milliseconds of performance.now(). */
  #askedAt = -Infinity;

  /**
   * @param {string} name of the board
   * @param {() => boolean} canAsk whether the gateway is there, and has the key
   */
  constructor(name, canAsk) {
    this.#name = name;
    this.#canAsk = canAsk;
  }

  /**
   * @param {string} symbol
   * @returns {number | null | undefined} null: it was not on the board; undefined: nobody knows
   */
  of(symbol) {
    return this.#ranks ? this.#ranks.get(symbol) ?? null : undefined;
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
    if (document.hidden || !this.#canAsk() || now - this.#askedAt < EVERY_MS) return;
    this.#askedAt = now;
    const answer = await ask(`api/boards/${this.#name}/moves`).catch(() => null);
    if (this.#timer) this.#ranks = readPastRanks(answer);
  }
}
