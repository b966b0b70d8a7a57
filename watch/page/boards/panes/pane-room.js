// The room in which the panes stand: where each is, and the borders between them.

import { make } from "../../elements.js";
import { NARROWEST_PANE, places, resized, rowSizes } from "./arrangement.js";
import { Borders } from "./borders.js";

/** @import { Border } from "./borders.js" */
/** @import { PaneWidth, Place } from "./arrangement.js" */
/** @import { Pane } from "./pane.js" */

/** Places panes whenever its own size changes. */
export class PaneRoom {
  element = make("div", "pane-room");
  /** The share of each row of panes; a missing one is 1. @type {number[]} */
  heights = [];
  /** Whether there is room for one pane at a time only. */
  isSingle = false;
  #onSingle;
  #onResize;
  #borders = new Borders(this.element);
  /** @type {Pane[]} */
  #panes = [];
  #current = 0;
  #frame = 0;

  /**
   * @param {() => void} onSingle called when `isSingle` has changed
   * @param {() => void} onResize called when the user has changed sizes
   */
  constructor(onSingle, onResize) {
    this.#onSingle = onSingle;
    this.#onResize = onResize;
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  /**
   * @param {Pane[]} panes in their order
   * @param {number} current the one that is shown where there is room for one only
   */
  show(panes, current) {
    this.#panes = panes;
    this.#current = current;
    const elements = panes.map(({ element }) => element);
    for (const old of this.element.querySelectorAll(":scope > .board")) {
      if (!elements.some((element) => element === old)) old.remove();
    }
    let next = this.element.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else this.element.insertBefore(element, next);
    }
    this.#place();
  }

  #measure() {
    const wasSingle = this.isSingle;
    this.#place();
    if (this.isSingle !== wasSingle) this.#onSingle();
  }

  /** Place the panes again, with the next frame: the browser may be about to say that their sizes have changed. */
  arrange() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#measure());
  }

  /** @returns {PaneWidth[]} */
  #widths() {
    return this.#panes.map(({ share, widths }) => {
      // A user who has made a pane narrower has seen what it loses.
      if (share < 1) return { share, needed: NARROWEST_PANE, wanted: NARROWEST_PANE };
      const needed = Math.max(NARROWEST_PANE, widths.needed);
      return { share, needed, wanted: Math.max(needed, widths.wanted) };
    });
  }

  #place() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0) return;
    const gap = parseFloat(getComputedStyle(this.element).getPropertyValue("--gap"));
    this.isSingle = this.#panes.length > 1 && width < 2 * NARROWEST_PANE + gap;
    const widths = this.#widths();
    const sizes = this.isSingle ? [1] : rowSizes(widths.map(({ needed }) => needed), width, gap);
    // On a low screen the room grows with them (panes.css).
    this.element.style.setProperty("--pane-rows", String(sizes.length));
    const shown = this.isSingle ? [] : places({ width, height, gap }, widths, this.heights);
    this.#panes.forEach(({ element }, i) => {
      element.hidden = this.isSingle && i !== this.#current;
      element.setAttribute("role", this.isSingle ? "tabpanel" : "region");
      for (const side of ["left", "top", "width", "height"]) element.style.removeProperty(side);
      for (const [side, pixels] of Object.entries(shown[i] ?? {})) element.style.setProperty(side, `${pixels}px`);
    });
    this.element.classList.toggle("single", this.isSingle);
    this.#borders.show(this.isSingle ? [] : this.#bordersOf(shown, sizes, gap));
  }

  /**
   * @param {Place[]} shown where the panes are
   * @param {number[]} sizes how many panes each row has
   * @param {number} gap
   * @returns {Border[]}
   */
  #bordersOf(shown, sizes, gap) {
    return sizes.flatMap((size, row) => {
      const first = sizes.slice(0, row).reduce((sum, each) => sum + each, 0);
      const beside = Array.from({ length: size - 1 }, (_, i) => this.#upright(shown, first, size, i, gap));
      return row < sizes.length - 1 ? [...beside, this.#level(shown, sizes, row, first, gap)] : beside;
    });
  }

  /**
   * @param {Place[]} shown
   * @param {number} first pane of the row
   * @param {number} size panes of the row
   * @param {number} i the border's place in the row
   * @param {number} gap
   * @returns {Border}
   */
  #upright(shown, first, size, i, gap) {
    const panes = this.#panes.slice(first, first + size);
    const { left, top, width, height } = shown[first + i];
    return {
      isUpright: true,
      label: `Width of ${panes[i].shown.board.title}`,
      place: { left: left + width, top, width: gap, height },
      length: shown.slice(first, first + size).reduce((sum, each) => sum + each.width, 0) / size,
      share: panes[i].share,
      onMove: (by) => {
        const shares = resized(panes.map(({ share }) => share), i, by);
        panes.forEach((pane, j) => {
          pane.share = shares[j];
        });
        this.#resize();
      },
    };
  }

  /**
   * @param {Place[]} shown
   * @param {number[]} sizes
   * @param {number} row above the border
   * @param {number} first pane of that row
   * @param {number} gap
   * @returns {Border}
   */
  #level(shown, sizes, row, first, gap) {
    const { left, top, height } = shown[first];
    const heights = sizes.map((_, i) => this.heights[i] ?? 1);
    return {
      isUpright: false,
      label: `Height of row ${row + 1}`,
      place: { left, top: top + height, width: this.element.clientWidth, height: gap },
      length: this.element.clientHeight / sizes.length,
      share: heights[row],
      onMove: (by) => {
        this.heights = resized(heights, row, by);
        this.#resize();
      },
    };
  }

  #resize() {
    this.#place();
    this.#onResize();
  }
}
