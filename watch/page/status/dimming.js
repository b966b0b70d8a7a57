// Dims the panels whose figures may be out of date, one a frame: to colour all of them at once takes longer than a frame.

/** What style sheets dim where it is `.outdated`. */
const PANELS = ".board, .chart, .quote, .watchlist";

/** Marks the panels of the desk. */
export class Dimming {
  #isOutdated = false;
  #willMark = false;

  /**
   * To be called as often as that may have changed, or panels were added.
   *
   * @param {boolean} isOutdated whether the present may be another than what is shown of it
   */
  show(isOutdated) {
    this.#isOutdated = isOutdated;
    if (!this.#willMark) this.#markOne();
  }

  #markOne() {
    this.#willMark = false;
    const isWrong = (/** @type {Element} */ panel) => panel.classList.contains("outdated") !== this.#isOutdated;
    const panel = [...document.querySelectorAll(PANELS)].find(isWrong);
    if (!panel) return;
    panel.classList.toggle("outdated", this.#isOutdated);
    this.#willMark = true;
    requestAnimationFrame(() => this.#markOne());
  }
}
