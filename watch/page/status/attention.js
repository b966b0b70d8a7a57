// Whether the page can know how things stand: a background tab and a sleeping machine keep it from asking.

/** Browsers run the timers of a page that is seen more often than this. */
const ASLEEP_MS = 5_000;
/** In the background a status counts for so long: browsers let the page ask once a minute at times. */
const BACKGROUND_MS = 10_000;

/** Notes when the page was at work. Times are milliseconds of performance.now(). */
export class Attention {
  #isHidden = false;
  /** @type {number | null} */
  #at = null;
  /** Since when it is seen, and its timers run. */
  #since = -Infinity;

  /**
   * The page is at work.
   *
   * @param {number} now
   * @param {boolean} isHidden whether it is in the background
   */
  note(now, isHidden) {
    const hasSlept = this.#at !== null && now - this.#at > ASLEEP_MS;
    if (hasSlept || (this.#isHidden && !isHidden)) this.#since = now;
    this.#isHidden = isHidden;
    this.#at = now;
  }

  /**
   * Whether a status says how things stand now. One that came before the page was looked at again does not.
   *
   * @param {number} learnedAt when the newest one came; -Infinity: none has
   */
  isUpToDate(learnedAt) {
    if (this.#isHidden) return this.#at !== null && this.#at - learnedAt < BACKGROUND_MS;
    return learnedAt >= this.#since;
  }
}
