// Cells that flash when their figure has changed.

/** A flash is seen in full for so long, and fades for as long again. */
const PHASE_MS = 450;

/** @typedef {"up" | "down" | "new"} Flash */

/**
 * Lets cells flash, by an attribute that style sheets read. An animation would have the browser draw the page sixty times
 * a second as long as anything flashes, which at the open is always; this takes three times a second, for all cells
 * together.
 */
export class Flashes {
  /** @type {Set<HTMLElement>} */
  #fresh = new Set();
  /** @type {Set<HTMLElement>} */
  #fading = new Set();
  #timer = 0;

  /**
   * @param {HTMLElement} cell
   * @param {Flash} flash
   */
  show(cell, flash) {
    cell.dataset.flash = flash;
    this.#fading.delete(cell);
    this.#fresh.add(cell);
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#fade(), PHASE_MS);
  }

  /** @param {HTMLElement} cell that shows another symbol from now on */
  end(cell) {
    delete cell.dataset.flash;
    this.#fresh.delete(cell);
    this.#fading.delete(cell);
  }

  #fade() {
    for (const cell of this.#fading) delete cell.dataset.flash;
    this.#fading = this.#fresh;
    this.#fresh = new Set();
    for (const cell of this.#fading) cell.dataset.flash += " fading";
    this.#timer = this.#fading.size > 0 ? window.setTimeout(() => this.#fade(), PHASE_MS) : 0;
  }
}
