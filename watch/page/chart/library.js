// TradingView's Lightweight Charts, of which these are the parts that the chart uses. The gateway serves it
// (watch/gateway/http/static_page.py), and it is loaded once a chart is shown.

/** Seconds of Unix time. @typedef {number} Seconds */

/** @typedef {{ time: Seconds, [field: string]: unknown }} PointData */

/** @typedef {{ applyOptions(options: object): void }} PriceLine */

/**
 * @typedef {object} Series
 * @property {(points: PointData[]) => void} setData
 * @property {(point: PointData) => void} update
 * @property {(options: object) => void} applyOptions
 * @property {(options: object) => PriceLine} createPriceLine
 * @property {(line: PriceLine) => void} removePriceLine
 * @property {(primitive: object) => void} attachPrimitive
 * @property {(price: number) => number | null} priceToCoordinate CSS pixels from the top
 */

/** Numbers of places on the time axis. @typedef {{ from: number, to: number }} LogicalRange */

/**
 * @typedef {object} TimeScale
 * @property {(time: Seconds) => number | null} timeToCoordinate CSS pixels
 * @property {() => LogicalRange | null} getVisibleLogicalRange
 * @property {(range: LogicalRange) => void} setVisibleLogicalRange
 * @property {(place: number) => number | null} logicalToCoordinate CSS pixels
 * @property {(options: object) => void} applyOptions
 * @property {() => void} fitContent
 * @property {() => void} resetTimeScale
 */

/**
 * @typedef {object} Chart
 * @property {(type: unknown, options: object) => Series} addSeries
 * @property {(options: object) => void} applyOptions
 * @property {(id: string) => { applyOptions(options: object): void }} priceScale
 * @property {() => TimeScale} timeScale
 * @property {(listener: (event: { time?: Seconds }) => void) => void} subscribeCrosshairMove
 * @property {(price: number, time: Seconds, series: Series) => void} setCrosshairPosition
 * @property {() => void} clearCrosshairPosition
 */

/**
 * @typedef {object} Library
 * @property {(element: HTMLElement, options: object) => Chart} createChart
 * @property {unknown} CandlestickSeries
 * @property {unknown} HistogramSeries
 * @property {unknown} LineSeries
 */

/** Loads the library, once. @type {Promise<Library> | null} */
let loading = null;

/**
 * The library.
 *
 * @returns {Promise<Library>}
 * @throws where it could not be loaded
 */
export function library() {
  // A load that failed is tried again by the next chart.
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const address = new URL("../library/lightweight-charts.js", import.meta.url).href;
  await import(address);
  return /** @type {any} */ (window).LightweightCharts;
}
