// The time that the desk shows: now, or a second of the past.

const SECOND_MS = 1_000;

/** Live, or a past second, for everything on the desk. */
export class DeskTime {
  /** @type {number | null} */
  #at = null;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** The second that is shown, Unix milliseconds; null: live. */
  get at() {
    return this.#at;
  }

  get isLive() {
    return this.#at === null;
  }

  /**
   * Show a past second.
   *
   * @param {number} at within it, Unix milliseconds
   */
  show(at) {
    this.#change(Math.floor(at / SECOND_MS) * SECOND_MS);
  }

  /** Show the present. */
  live() {
    this.#change(null);
  }

  /**
   * @param {() => void} listener called each time that `at` has changed
   * @returns {() => void} stops that
   */
  watch(listener) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** @param {number | null} at */
  #change(at) {
    if (at === this.#at) return;
    this.#at = at;
    for (const listener of this.#listeners) listener();
  }
}
