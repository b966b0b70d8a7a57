// The market's time, and how far behind it the bars are.

/** @import { Status } from "../gateway/validation.js" */

/** Where the boards follow the wall clock, the server's time; else the end of the newest bar. */
export class MarketClock {
  /** Whether the boards follow the wall clock. */
  #isWall = false;
  /** Milliseconds by which the server's clock is ahead of this machine's. */
  #ahead = 0;
  #newestShown = 0;
  #newestOfMarket = 0;
  /** Seconds, when the gateway's last status came. */
  #marketBehind = Infinity;

  /** @param {Status} status that came just now */
  set(status) {
    this.#isWall = status.clock === "wall";
    this.#ahead = status.now - Date.now();
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
    if (!this.#isWall) return 0;
    const shownBehind = this.#newestShown ? (this.server() - this.#newestShown) / 1000 : Infinity;
    const behind = Math.min(shownBehind, this.#marketBehind);
    return behind === Infinity ? 0 : behind;
  }

  /** The server's time, Unix milliseconds; this machine's before the first status. */
  server() {
    return Date.now() + this.#ahead;
  }

  /** The market's time, Unix milliseconds; null: unknown yet. */
  now() {
    if (this.#isWall) return this.server();
    return Math.max(this.#newestShown, this.#newestOfMarket) || null;
  }
}
