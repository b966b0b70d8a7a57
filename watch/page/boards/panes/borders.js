// The borders between panes, by which their sizes are changed.

import { Divider } from "../../layout/divider.js";
import { LARGEST_SHARE, SMALLEST_SHARE } from "./arrangement.js";

/** @import { Division } from "../../layout/divider.js" */
/** @import { Place } from "./arrangement.js" */

/** The share is that of the pane or row before it; 1 is the usual one. @typedef {Division & { place: Place }} Border */

/** The borders on the page. */
export class Borders {
  #room;
  /** @type {Divider[]} */
  #dividers = [];
  /** @type {Border[]} */
  #borders = [];

  /** @param {HTMLElement} room in which the panes stand */
  constructor(room) {
    this.#room = room;
  }

  /** @param {Border[]} borders */
  show(borders) {
    this.#borders = borders;
    while (this.#dividers.length < borders.length) this.#add(this.#dividers.length);
    for (const { element } of this.#dividers.splice(borders.length)) element.remove();
    borders.forEach(({ place }, i) => {
      this.#dividers[i].show(SMALLEST_SHARE, LARGEST_SHARE);
      const { style } = this.#dividers[i].element;
      for (const [side, pixels] of Object.entries(place)) style.setProperty(side, `${pixels}px`);
    });
  }

  /** @param {number} i */
  #add(i) {
    const divider = new Divider(() => this.#borders[i]);
    this.#dividers.push(divider);
    this.#room.append(divider.element);
  }
}
