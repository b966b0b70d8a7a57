// As of when the page knows how things stand: a background tab and a sleeping machine keep it from asking.

/** Browsers run the timers of a page that is seen more often than this. */
const ASLEEP_MS = 5_000;

/** Notes when the page was at work. Times are milliseconds of performance.now(). */
export class Attention {
  #isHidden = false;
  #at = -Infinity;
  /** Since when it is seen, and its timers run. */
  #since = -Infinity;

  /**
   * The page is at work.
   *
   * @param {number} now
   * @param {boolean} isHidden whether it is in the background
   */
  note(now, isHidden) {
    const hasSlept = this.#at !== -Infinity && now - this.#at > ASLEEP_MS;
    if (hasSlept || (this.#isHidden && !isHidden)) this.#since = now;
    this.#isHidden = isHidden;
    this.#at = now;
  }

  /**
   * The time as of which the page knows how things stand.
   *
   * @param {number} learnedAt when the newest status came; -Infinity: none has
   * @returns {number | null} null: it has not asked since it was looked at again
   */
  asOf(learnedAt) {
    // A background tab follows no boards, so it knows what its status says, and browsers let it ask but seldom.
    if (this.#isHidden) return learnedAt;
    return learnedAt >= this.#since ? this.#at : null;
  }
}
