// On a narrow screen the quote is a sheet that comes from below. Its handle makes it lower and higher, by a tap or a pull.

import { make } from "../elements.js";
import { tabStorage } from "../storage.js";

const STORED_AS = "quote-sheet";
/** Only the headline is in view. */
const LOW = "low";
/** The sheet takes most of the page. */
const HIGH = "high";
/** A finger that moves by less has tapped. */
const PULL_PX = 24;

/** Puts the handle on top of the quote. Wide screens show none (quote.css). */
export class Sheet {
  #panel;
  #handle = make("button", "handle", { type: "button" });
  /** Where the finger began, CSS pixels. */
  #from = 0;
  #wasPulled = false;

  /**
   * @param {HTMLElement} panel
   * @param {() => void} onClose called when a low sheet is pulled down
   */
  constructor(panel, onClose) {
    this.#panel = panel;
    panel.prepend(this.#handle);
    this.#handle.addEventListener("pointerdown", ({ clientY, pointerId }) => {
      this.#from = clientY;
      this.#wasPulled = false;
      this.#handle.setPointerCapture(pointerId);
    });
    this.#handle.addEventListener("pointerup", ({ clientY }) => this.#pull(clientY - this.#from, onClose));
    this.#handle.addEventListener("click", () => {
      if (!this.#wasPulled) this.#setLow(!this.#isLow);
      this.#wasPulled = false;
    });
    this.#setLow(tabStorage.get(STORED_AS) === LOW);
  }

  get #isLow() {
    return this.#panel.classList.contains(LOW);
  }

  /**
   * @param {number} distance downwards, CSS pixels
   * @param {() => void} onClose
   */
  #pull(distance, onClose) {
    this.#wasPulled = Math.abs(distance) >= PULL_PX;
    if (!this.#wasPulled) return;
    const isHigh = this.#panel.classList.contains(HIGH);
    if (distance > 0 && this.#isLow) onClose();
    else if (distance > 0 && !isHigh) this.#setLow(true);
    else this.#setHigh(distance < 0 && !this.#isLow);
  }

  /** @param {boolean} isHigh whether it is higher than usual, and not as high as usual */
  #setHigh(isHigh) {
    this.#setLow(false);
    this.#panel.classList.toggle(HIGH, isHigh);
  }

  /** @param {boolean} isLow whether only the headline is in view */
  #setLow(isLow) {
    this.#panel.classList.toggle(LOW, isLow);
    this.#panel.classList.remove(HIGH);
    this.#handle.setAttribute("aria-expanded", String(!isLow));
    this.#handle.setAttribute("aria-label", isLow ? "Show all of the quote" : "Show the price only");
    if (isLow) tabStorage.set(STORED_AS, LOW);
    else tabStorage.remove(STORED_AS);
  }
}
