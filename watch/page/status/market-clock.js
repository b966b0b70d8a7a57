// The market's time, and how far behind it the bars are.

/** @import { Status } from "../gateway/validation.js" */

/** Where the boards follow the wall clock, the server's time; else the end of the newest bar. */
export class MarketClock {
  /** Milliseconds by which the server's clock is ahead of this machine's; null: time is what the bars say. */
  #ahead = /** @type {number | null} */ (null);
  #newestShown = 0;
  #newestOfMarket = 0;
  /** Seconds, when the gateway's last status came. */
  #marketBehind = Infinity;

  /** @param {Status} status that came just now */
  set(status) {
    this.#ahead = status.clock === "wall" ? status.now - Date.now() : null;
    this.#newestOfMarket = status.newest_bar ?? 0;
    this.#marketBehind = status.newest_bar === null ? Infinity : (status.now - status.newest_bar) / 1000;
  }

  /** @param {number} newest when the newest bar on the shown boards ended, Unix milliseconds; 0: there is none */
  see(newest) {
    this.#newestShown = newest;
  }

  /**
   * Seconds from the end of the market's newest bar until now; 0 where there is no bar, or where bars are the clock.
   *
   * The shown boards may hold symbols that trade seldom, so the gateway's last status says how far the market is behind.
   * Until the next status, a newer bar on the boards can only make that less.
   */
  behind() {
    if (this.#ahead === null) return 0;
    const shownBehind = this.#newestShown ? (Date.now() + this.#ahead - this.#newestShown) / 1000 : Infinity;
    const behind = Math.min(shownBehind, this.#marketBehind);
    return behind === Infinity ? 0 : behind;
  }

  /** The market's time, Unix milliseconds; null: unknown yet. */
  now() {
    if (this.#ahead !== null) return Date.now() + this.#ahead;
    return Math.max(this.#newestShown, this.#newestOfMarket) || null;
  }
}
