// Cells that flash when their figure has changed.

/** A flash is seen for so long at least, and at most for twice as long. */
const PHASE_MS = 400;

/** @typedef {"up" | "down" | "new"} Flash */

/**
 * Lets cells flash, by an attribute that style sheets read. An animation would have the browser draw the page sixty times
 * a second as long as anything flashes, which at the open is always; this takes one frame more a tick, for all cells
 * together.
 */
export class Flashes {
  /** Since the timer ran last. @type {Set<HTMLElement>} */
  #fresh = new Set();
  /** Since before then. @type {Set<HTMLElement>} */
  #old = new Set();
  #timer = 0;

  /**
   * @param {HTMLElement} cell
   * @param {Flash} flash
   */
  show(cell, flash) {
    cell.dataset.flash = flash;
    this.#old.delete(cell);
    this.#fresh.add(cell);
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#endOld(), PHASE_MS);
  }

  /** @param {HTMLElement} cell that shows another symbol from now on */
  end(cell) {
    delete cell.dataset.flash;
    this.#fresh.delete(cell);
    this.#old.delete(cell);
  }

  #endOld() {
    for (const cell of this.#old) delete cell.dataset.flash;
    this.#old = this.#fresh;
    this.#fresh = new Set();
    this.#timer = this.#old.size > 0 ? window.setTimeout(() => this.#endOld(), PHASE_MS) : 0;
  }
}
