// Draws candles, volume, average price, levels and hours with the library.

import { price } from "../numbers.js";
import { minuteOfDay } from "./candle-text.js";
import { LevelLabels } from "./level-labels.js";
import { SessionShading } from "./session-shading.js";
import { shadedSpans } from "./session-spans.js";

/** @import { DayHours } from "../status/calendar.js" */
/** @import { Colours } from "./colours.js" */
/** @import { Level } from "./levels.js" */
/** @import { Library, PointData, PriceLine } from "./library.js" */
/** @import { Point } from "./plot.js" */

const VOLUME_SCALE = "volume";
/** The part of the height that is the candles', and that of the volume below them. */
const CANDLES_MARGINS = { top: 0.1, bottom: 0.24 };
const VOLUME_MARGINS = { top: 0.82, bottom: 0 };
const CLEAR = "rgba(0, 0, 0, 0)";
/** Prices below a dollar have four decimals. */
const PRICE_FORMAT = { type: "custom", formatter: price, minMove: 0.0001 };
/** Styles of lines, by the library's numbers. */
const LINE_STYLES = { prev_day_close: 2, open: 3, pre_high: 1, pre_low: 1 };
const ZOOM_STEP = 1.5;

const OPTIONS = {
  autoSize: true,
  layout: { attributionLogo: false, background: { type: "solid", color: CLEAR } },
  localization: { priceFormatter: price, timeFormatter: (/** @type {number} */ time) => minuteOfDay(time * 1000) },
  timeScale: {
    timeVisible: true,
    rightOffset: 3,
    tickMarkFormatter: (/** @type {number} */ time) => minuteOfDay(time * 1000),
  },
  rightPriceScale: { scaleMargins: CANDLES_MARGINS },
  // A finger that moves up or down scrolls the page.
  handleScroll: { vertTouchDrag: false },
  // Follows the pointer freely, and does not snap to the close.
  crosshair: { mode: 0 },
};

/** A chart in an element. */
export class PriceChart {
  #chart;
  #candles;
  #volume;
  #vwap;
  #shading = new SessionShading();
  #labels = new LevelLabels();
  /** Where the last close is. The library's own would have the colour that hollow candles are filled with: none. */
  #last;
  /** @type {PriceLine[]} */
  #lines = [];
  /** @type {Level[]} */
  #levels = [];
  /** @type {Point[]} */
  #points = [];
  /** @type {Colours} */
  #colours;
  /** The place that the keyboard is at; null: it is at none. @type {number | null} */
  #cursor = null;

  /**
   * @param {Library} library
   * @param {HTMLElement} element
   * @param {Colours} colours
   * @param {(point: Point | null) => void} onPoint called with the place below the pointer; null: it is at none
   */
  constructor(library, element, colours, onPoint) {
    this.#colours = colours;
    this.#chart = library.createChart(element, OPTIONS);
    // What is added later lies above what was added before.
    this.#volume = this.#addSeries(library.HistogramSeries, { priceScaleId: VOLUME_SCALE });
    this.#chart.priceScale(VOLUME_SCALE).applyOptions({ scaleMargins: VOLUME_MARGINS });
    this.#vwap = this.#addSeries(library.LineSeries, { lineWidth: 2, crosshairMarkerVisible: false });
    this.#candles = this.#addSeries(library.CandlestickSeries, {});
    this.#last = this.#candles.createPriceLine({ price: 0, lineWidth: 1, lineStyle: 1, axisLabelVisible: true });
    this.#candles.attachPrimitive(this.#shading);
    this.#candles.attachPrimitive(this.#labels);
    this.#chart.subscribeCrosshairMove(({ time }) => {
      onPoint(this.#points.find((point) => point.time / 1000 === time) ?? null);
    });
    this.colours = colours;
  }

  /**
   * @param {unknown} type
   * @param {object} options
   */
  #addSeries(type, options) {
    const usual = { lastValueVisible: false, priceLineVisible: false, priceFormat: PRICE_FORMAT };
    return this.#chart.addSeries(type, { ...usual, ...options });
  }

  /** Redraw in other colours. @param {Colours} colours */
  set colours(colours) {
    this.#colours = colours;
    const { text, muted, line, surface, up, down, vwap, shade } = colours;
    const { fontFamily } = getComputedStyle(document.body);
    const crosshair = { color: muted, labelBackgroundColor: muted };
    this.#chart.applyOptions({
      layout: { textColor: text, fontFamily },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: { vertLine: crosshair, horzLine: crosshair },
    });
    // A rising candle is hollow: the colour alone would not say so to everybody.
    this.#candles.applyOptions({
      upColor: CLEAR, borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down,
    });
    this.#vwap.applyOptions({ color: vwap });
    this.#shading.colours = { shade, text: muted, font: fontFamily };
    this.#labels.colours = { surface, text: muted, font: fontFamily };
    this.#setAll();
    this.#markLast();
    this.#drawLevels();
  }

  /**
   * Draw some points.
   *
   * @param {Point[]} points all
   * @param {Point[] | null} changed those at the end that differ from what is drawn; null: any may
   * @param {DayHours | null} hours of their day
   */
  draw(points, changed, hours) {
    this.#points = points;
    if (changed === null) {
      this.#cursor = null;
      this.#setAll();
    } else {
      for (const point of changed) this.#update(point);
    }
    this.#markLast();
    this.#shading.spans = hours ? shadedSpans(points.map(({ time }) => time), hours) : [];
  }

  #setAll() {
    this.#candles.setData(this.#points.map(candleData));
    this.#vwap.setData(this.#points.map(vwapData));
    this.#volume.setData(this.#points.map((point) => volumeData(point, this.#colours)));
  }

  /** @param {Point} point the last one, or one behind it */
  #update(point) {
    this.#candles.update(candleData(point));
    this.#vwap.update(vwapData(point));
    this.#volume.update(volumeData(point, this.#colours));
  }

  #markLast() {
    const last = this.#points.findLast(({ candle }) => candle?.close)?.candle;
    const { up, down, surface } = this.#colours;
    const color = last && last.close < last.open ? down : up;
    const isShown = { lineVisible: last !== undefined, axisLabelVisible: last !== undefined };
    this.#last.applyOptions({ ...isShown, price: last?.close ?? 0, color, axisLabelTextColor: surface });
  }

  /** Mark prices. @param {Level[]} levels */
  set levels(levels) {
    // They stay through most quotes, and the chart draws all of itself for another one.
    if (sameLevels(levels, this.#levels)) return;
    this.#levels = levels;
    this.#drawLevels();
  }

  #drawLevels() {
    const levels = this.#levels;
    for (const line of this.#lines) this.#candles.removePriceLine(line);
    this.#labels.levels = levels;
    this.#lines = levels.map(({ field, price: value }) => {
      const lineStyle = LINE_STYLES[/** @type {keyof typeof LINE_STYLES} */ (field)];
      const { muted: color } = this.#colours;
      return this.#candles.createPriceLine({ price: value, color, lineStyle, lineWidth: 1, axisLabelVisible: false });
    });
  }

  // --- by keyboard

  /**
   * Move the cross-hair.
   *
   * @param {number} step how many places on; without end: to the first or the last
   * @returns {Point | null} where it is then; null: there is nothing
   */
  moveCursor(step) {
    const last = this.#points.length - 1;
    if (last < 0) return null;
    this.#cursor = Math.min(Math.max((this.#cursor ?? last + Math.sign(-step)) + step, 0), last);
    const point = this.#points[this.#cursor];
    const at = point.candle?.close || this.#nearestClose(this.#cursor);
    this.#reveal(this.#cursor);
    this.#chart.setCrosshairPosition(at, point.time / 1000, this.#candles);
    return point;
  }

  /** @param {number} place */
  #nearestClose(place) {
    return this.#points.slice(0, place).findLast(({ candle }) => candle?.close)?.candle?.close ?? 0;
  }

  /** Leave the cross-hair to the pointer. */
  dropCursor() {
    this.#cursor = null;
    this.#chart.clearCrosshairPosition();
  }

  /** Scroll until a place is in view. @param {number} place */
  #reveal(place) {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (!range || (place >= range.from && place <= range.to)) return;
    const by = place < range.from ? place - range.from - 1 : place - range.to + 1;
    this.#chart.timeScale().setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  }

  /**
   * Show more or less of the day.
   *
   * @param {"in" | "out"} direction
   */
  zoom(direction) {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const width = (range.to - range.from) * (direction === "in" ? 1 / ZOOM_STEP : ZOOM_STEP);
    // The newest candle stays where it is.
    this.#chart.timeScale().setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** Show the whole day. */
  showDay() {
    this.#chart.timeScale().fitContent();
  }

  /** Show the newest candles, as wide as usual. */
  showNewest() {
    this.#chart.timeScale().resetTimeScale();
  }
}

/**
 * @param {Level[]} a
 * @param {Level[]} b
 */
function sameLevels(a, b) {
  return a.length === b.length && a.every(({ letters, price: value }, i) => letters === b[i].letters && value === b[i].price);
}

/**
 * @param {Point} point
 * @returns {PointData}
 */
function candleData({ time, candle }) {
  if (!candle?.close) return { time: time / 1000 };
  const { open, high, low, close } = candle;
  return { time: time / 1000, open, high, low, close };
}

/**
 * @param {Point} point
 * @returns {PointData}
 */
function vwapData({ time, candle }) {
  return candle?.dayVwap ? { time: time / 1000, value: candle.dayVwap } : { time: time / 1000 };
}

/**
 * @param {Point} point
 * @param {Colours} colours
 * @returns {PointData}
 */
function volumeData({ time, candle }, colours) {
  if (!candle) return { time: time / 1000 };
  const color = candle.close < candle.open ? colours["volume-down"] : colours["volume-up"];
  return { time: time / 1000, value: candle.volume, color };
}
