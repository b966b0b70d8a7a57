// What stands between two parts of the desk: dragged, or moved by arrow keys, it changes their sizes.

import { make } from "../elements.js";

/**
 * What a divider divides.
 *
 * @typedef {object} Division
 * @property {boolean} isUpright whether the parts stand beside each other
 * @property {string} label what it sizes, for screen readers
 * @property {number} length of what is shared, pixels
 * @property {number} share of the part that the label names
 * @property {(by: number) => void} onMove called with the share by which the user moves it, to the right or down
 * @property {() => void} [onUsual] called when the user wants the usual sizes again
 */

const STEP = 0.05;

/** A separator that can be moved (ARIA's window splitter). */
export class Divider {
  element = make("div", "divider", { role: "separator", tabindex: "0" });
  #division;

  /** @param {() => Division} division as it stands now */
  constructor(division) {
    this.#division = division;
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    this.element.addEventListener("dblclick", () => this.#division().onUsual?.());
  }

  /**
   * Say what it divides, and how.
   *
   * @param {number} least share that is possible
   * @param {number} most
   */
  show(least, most) {
    const { isUpright, label, share } = this.#division();
    this.element.classList.toggle("upright", isUpright);
    this.element.classList.toggle("level", !isUpright);
    this.element.setAttribute("aria-orientation", isUpright ? "vertical" : "horizontal");
    this.element.setAttribute("aria-label", label);
    for (const [name, value] of Object.entries({ min: least, max: most, now: share })) {
      this.element.setAttribute(`aria-value${name}`, String(Math.round(value * 100)));
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { isUpright, onMove, onUsual } = this.#division();
    const [less, more] = isUpright ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key === less) onMove(-STEP);
    else if (event.key === more) onMove(STEP);
    else if (event.key === "Enter" && onUsual) onUsual();
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    let at = event;
    /** @param {PointerEvent} moved */
    const onMove = (moved) => {
      const { isUpright, length, onMove: move } = this.#division();
      move((isUpright ? moved.clientX - at.clientX : moved.clientY - at.clientY) / length);
      at = moved;
    };
    this.element.addEventListener("pointermove", onMove);
    this.element.addEventListener("lostpointercapture", () => this.element.removeEventListener("pointermove", onMove), {
      once: true,
    });
  }
}
