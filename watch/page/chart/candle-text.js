// A candle in words and numbers.

import { UNKNOWN, count, price, quantity } from "../numbers.js";
import { timeOfDay } from "../status/new-york-time.js";

/** @import { ShownCandle } from "./day-candles.js" */

/**
 * A figure of a candle.
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} letter that stands for it where there is little room
 * @property {(candle: ShownCandle) => string} text
 */

/** @type {Figure[]} */
export const FIGURES = [
  { name: "Open", letter: "O", text: ({ open }) => dollars(open) },
  { name: "High", letter: "H", text: ({ high }) => dollars(high) },
  { name: "Low", letter: "L", text: ({ low }) => dollars(low) },
  { name: "Close", letter: "C", text: ({ close }) => dollars(close) },
  { name: "Volume", letter: "Vol", text: ({ volume }) => quantity(volume) },
  { name: "VWAP", letter: "VWAP", text: ({ dayVwap }) => dollars(dayVwap ?? 0) },
];

/**
 * A price; 0 is no price.
 *
 * @param {number} price_
 */
function dollars(price_) {
  return price_ > 0 ? price(price_) : UNKNOWN;
}

/**
 * `09:31`, in New York.
 *
 * @param {number} time Unix milliseconds
 */
export function minuteOfDay(time) {
  return timeOfDay(time).slice(0, 5);
}

/**
 * What a screen reader says of a place on the time axis.
 *
 * @param {number} time when its interval begins, Unix milliseconds
 * @param {ShownCandle | null} candle null: nothing traded
 */
export function spoken(time, candle) {
  if (!candle) return `${minuteOfDay(time)}: no trades`;
  const figures = FIGURES.map(({ name, text }) => {
    return `${name === "VWAP" ? name : name.toLowerCase()} ${name === "Volume" ? count(candle.volume) : text(candle)}`;
  });
  return `${minuteOfDay(time)}: ${figures.join(", ")}`;
}
