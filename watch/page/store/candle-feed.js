// The live candles of a symbol for all views that show them.

/**
 * A candle of one minute.
 *
 * @typedef {object} Candle
 * @property {number} time when it starts, Unix milliseconds
 * @property {number} open
 * @property {number} high
 * @property {number} low
 * @property {number} close
 * @property {number} volume
 * @property {number} vwap
 * @property {number} day_vwap
 */

/**
 * A view of the candles.
 *
 * @typedef {object} CandleListener
 * @property {(candles: Candle[]) => void} onCandles called with those that have changed, oldest first
 * @property {(reason: string) => void} onRefused called where the gateway refuses them: no history is recorded
 */

const FIELDS = ["time", "open", "high", "low", "close", "volume", "vwap", "day_vwap"];

/** Collects the candles that change between two frames. */
export class CandleFeed {
  name;
  /** @type {Set<CandleListener>} */
  listeners = new Set();
  want = {};
  /** The chart draws in the frame after it. */
  drawsLater = true;
  /** By time, since the last frame. @type {Map<number, Candle>} */
  #changed = new Map();

  /** @param {string} symbol */
  constructor(symbol) {
    this.name = `candles:${symbol}`;
  }

  /**
   * Take a message of the gateway.
   *
   * @param {any} message parsed
   */
  take({ data }) {
    const candles = Array.isArray(data?.candles) ? data.candles.filter(isCandle) : [];
    for (const candle of candles) this.#changed.set(candle.time, candle);
  }

  /** Call the views. */
  deliver() {
    if (this.#changed.size === 0) return;
    const candles = [...this.#changed.values()].sort((a, b) => a.time - b.time);
    this.#changed.clear();
    for (const { onCandles } of this.listeners) onCandles(candles);
  }

  /** @param {string} reason */
  refuse(reason) {
    for (const { onRefused } of this.listeners) onRefused(reason);
  }
}

/** @param {any} value */
function isCandle(value) {
  return FIELDS.every((field) => Number.isFinite(value?.[field]));
}
