// The borders between panes: dragged, or moved by arrow keys, they change the panes' sizes.

import { make } from "../../elements.js";

/** @import { Place } from "./arrangement.js" */

/**
 * A border.
 *
 * @typedef {object} Border
 * @property {boolean} isUpright whether the panes stand beside each other
 * @property {string} label what it sizes, for screen readers
 * @property {Place} place
 * @property {number} length of all that share the room, pixels
 * @property {number} share of the pane or row before it; 1 is the usual one
 * @property {(by: number) => void} onMove called with the share by which the user moves it
 */

const STEP = 0.05;

/** The borders on the page. */
export class Borders {
  #room;
  /** @type {HTMLElement[]} */
  #elements = [];
  /** @type {Border[]} */
  #borders = [];

  /** @param {HTMLElement} room in which the panes stand */
  constructor(room) {
    this.#room = room;
  }

  /** @param {Border[]} borders */
  show(borders) {
    this.#borders = borders;
    while (this.#elements.length < borders.length) this.#add(this.#elements.length);
    for (const element of this.#elements.splice(borders.length)) element.remove();
    borders.forEach(({ isUpright, label, place, share }, i) => {
      const element = this.#elements[i];
      element.className = `border ${isUpright ? "upright" : "level"}`;
      element.setAttribute("aria-orientation", isUpright ? "vertical" : "horizontal");
      element.setAttribute("aria-label", label);
      element.setAttribute("aria-valuenow", String(Math.round(share * 100)));
      for (const [side, pixels] of Object.entries(place)) element.style.setProperty(side, `${pixels}px`);
    });
  }

  /** @param {number} i */
  #add(i) {
    const element = make("div", "border", {
      role: "separator",
      tabindex: "0",
      "aria-valuemin": "25",
      "aria-valuemax": "400",
    });
    element.addEventListener("keydown", (event) => {
      const { isUpright, onMove } = this.#borders[i];
      const [less, more] = isUpright ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
      if (event.key !== less && event.key !== more) return;
      event.preventDefault();
      onMove(event.key === less ? -STEP : STEP);
    });
    element.addEventListener("pointerdown", (event) => this.#drag(i, element, event));
    this.#elements.push(element);
    this.#room.append(element);
  }

  /**
   * @param {number} i
   * @param {HTMLElement} element
   * @param {PointerEvent} event
   */
  #drag(i, element, event) {
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    let at = event;
    /** @param {PointerEvent} moved */
    const onMove = (moved) => {
      const { isUpright, length, onMove: move } = this.#borders[i];
      move((isUpright ? moved.clientX - at.clientX : moved.clientY - at.clientY) / length);
      at = moved;
    };
    element.addEventListener("pointermove", onMove);
    element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", onMove), {
      once: true,
    });
  }
}
