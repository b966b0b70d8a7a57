// Shades the hours beside the regular ones, behind the candles.

import { HOURS_NAMES } from "./session-spans.js";

/** @import { TimeScale } from "./library.js" */
/** @import { Hours } from "./session-spans.js" */

/**
 * Where the library's renderers draw: its own pixels, and how many of them there are in a pixel of CSS.
 *
 * @typedef {object} Bitmap
 * @property {CanvasRenderingContext2D} context
 * @property {number} horizontalPixelRatio
 * @property {number} verticalPixelRatio
 * @property {{ width: number, height: number }} bitmapSize
 */

/** @typedef {{ useBitmapCoordinateSpace(draw: (bitmap: Bitmap) => void): void }} Target */

const LABEL_PX = 11;
const LABEL_AT = { x: 6, y: 4 };

/** A primitive of the library, as `attachPrimitive` takes it. */
export class SessionShading {
  /** @type {{ hours: Hours, from: number, to: number }[]} */
  #spans = [];
  #colours = { shade: "", text: "", font: "" };
  /** @type {TimeScale | null} */
  #timeScale = null;
  #requestUpdate = () => {};
  #views = [{ zOrder: () => "bottom", renderer: () => ({ draw: (/** @type {Target} */ target) => this.#draw(target) }) }];

  /** @param {{ chart: { timeScale(): TimeScale }, requestUpdate: () => void }} of the chart */
  attached({ chart, requestUpdate }) {
    this.#timeScale = chart.timeScale();
    this.#requestUpdate = requestUpdate;
  }

  detached() {
    this.#timeScale = null;
  }

  paneViews() {
    return this.#views;
  }

  /**
   * @param {{ hours: Hours, from: number, to: number }[]} spans of shaded times, which have points on the time axis,
   *   Unix milliseconds
   */
  set spans(spans) {
    this.#spans = spans;
    this.#requestUpdate();
  }

  /** @param {{ shade: string, text: string, font: string }} colours of the shade and its label, and the label's font */
  set colours(colours) {
    this.#colours = colours;
    this.#requestUpdate();
  }

  /** @param {Target} target */
  #draw(target) {
    target.useBitmapCoordinateSpace((bitmap) => {
      for (const span of this.#spans) this.#drawSpan(bitmap, span);
    });
  }

  /**
   * @param {Bitmap} bitmap
   * @param {{ hours: Hours, from: number, to: number }} span
   */
  #drawSpan({ context, horizontalPixelRatio, verticalPixelRatio, bitmapSize }, { hours, from, to }) {
    const left = this.#timeScale?.timeToCoordinate(from / 1000) ?? null;
    const right = this.#timeScale?.timeToCoordinate(to / 1000) ?? null;
    if (this.#timeScale === null || left === null || right === null) return;
    // Each place on the axis is as wide as the space between two.
    const half = ((this.#timeScale.logicalToCoordinate(1) ?? 0) - (this.#timeScale.logicalToCoordinate(0) ?? 0)) / 2;
    const start = Math.round((left - half) * horizontalPixelRatio);
    const end = Math.round((right + half) * horizontalPixelRatio);
    context.fillStyle = this.#colours.shade;
    context.fillRect(start, 0, end - start, bitmapSize.height);
    context.font = `${LABEL_PX * verticalPixelRatio}px ${this.#colours.font}`;
    context.fillStyle = this.#colours.text;
    context.textBaseline = "top";
    const x = Math.max(start, 0) + LABEL_AT.x * horizontalPixelRatio;
    const name = HOURS_NAMES[hours];
    // A label that does not fit into its span would stand in another one.
    if (x + context.measureText(name).width < end) context.fillText(name, x, LABEL_AT.y * verticalPixelRatio);
  }
}
