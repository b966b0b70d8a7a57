// Writes at the chart's left edge which lines mark what: at the right are the newest candles.

import { apart } from "./levels.js";

/** @import { Level } from "./levels.js" */
/** @import { Series } from "./library.js" */
/** @import { Target } from "./session-shading.js" */

const FONT_PX = 11;
const HEIGHT_PX = 14;
const PADDING_PX = 4;
/** Above it stands which hours are shaded. */
const TOP_PX = 20;

/** A primitive of the library, as `attachPrimitive` takes it. */
export class LevelLabels {
  /** @type {Level[]} */
  #levels = [];
  #colours = { surface: "", text: "", font: "" };
  /** @type {Series | null} */
  #series = null;
  #requestUpdate = () => {};
  #views = [{ zOrder: () => "top", renderer: () => ({ draw: (/** @type {Target} */ target) => this.#draw(target) }) }];

  /** @param {{ series: Series, requestUpdate: () => void }} of the chart */
  attached({ series, requestUpdate }) {
    this.#series = series;
    this.#requestUpdate = requestUpdate;
  }

  detached() {
    this.#series = null;
  }

  paneViews() {
    return this.#views;
  }

  /** @param {Level[]} levels the most important first */
  set levels(levels) {
    this.#levels = levels;
    this.#requestUpdate();
  }

  /** @param {{ surface: string, text: string, font: string }} colours behind and of the labels, and their font */
  set colours(colours) {
    this.#colours = colours;
    this.#requestUpdate();
  }

  /** @param {Target} target */
  #draw(target) {
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio, verticalPixelRatio, bitmapSize }) => {
      const placed = this.#levels.flatMap(({ letters, price }) => {
        const y = this.#series?.priceToCoordinate(price) ?? null;
        return y === null ? [] : [{ letters, y }];
      });
      const span = { from: TOP_PX + HEIGHT_PX / 2, to: bitmapSize.height / verticalPixelRatio - HEIGHT_PX / 2 };
      context.font = `${FONT_PX * verticalPixelRatio}px ${this.#colours.font}`;
      context.textBaseline = "middle";
      for (const { letters, y } of apart(placed, span, HEIGHT_PX)) {
        const padding = PADDING_PX * horizontalPixelRatio;
        const width = context.measureText(letters).width + 2 * padding;
        context.fillStyle = this.#colours.surface;
        context.fillRect(0, (y - HEIGHT_PX / 2) * verticalPixelRatio, width, HEIGHT_PX * verticalPixelRatio);
        context.fillStyle = this.#colours.text;
        context.fillText(letters, padding, y * verticalPixelRatio);
      }
    });
  }
}
