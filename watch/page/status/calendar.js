// The exchange's calendar, as far as the gateway has told it: only the server knows holidays and early closes.

import { isInstant } from "../gateway/validation.js";

/**
 * When the hours of a trading day begin and end, Unix milliseconds.
 *
 * @typedef {object} DayHours
 * @property {number} day_start of the pre-market
 * @property {number} open of the regular hours
 * @property {number} close of the regular hours
 * @property {number} trading_end of the after hours
 */

/** The market while it trades: its time, Unix milliseconds, and its day's hours. @typedef {{ time: number, hours: DayHours }} Trading */

/** @typedef {{ day: string, hours: DayHours, is_early_close: boolean }} TradingDay */

/** @typedef {"pre" | "regular" | "post" | "closed"} Hours */

/**
 * Where in its day the market is.
 *
 * @typedef {object} MarketHours
 * @property {TradingDay} day it lasts until the next one starts
 * @property {Hours} hours
 * @property {number} since when these hours began, Unix milliseconds
 * @property {number} until when they end, Unix milliseconds
 */

const HOURS = ["day_start", "open", "close", "trading_end"];

/** Says which hours it is. */
export class Calendar {
  /** @type {TradingDay[]} */
  #days = [];

  /**
   * Take trading days that follow one another in place of those that are known.
   *
   * @param {TradingDay[]} days the oldest first
   */
  set(days) {
    this.#days = days;
  }

  /**
   * The hours that it is.
   *
   * @param {number} instant Unix milliseconds
   * @returns {MarketHours | null} null: the calendar does not reach there
   */
  at(instant) {
    const next = this.#days.findIndex(({ hours }) => instant < hours.day_start);
    const day = next === -1 ? this.#days.at(-1) : this.#days[next - 1];
    if (!day) return null;
    const { day_start: start, open, close, trading_end: end } = day.hours;
    if (instant < open) return { day, hours: "pre", since: start, until: open };
    if (instant < close) return { day, hours: "regular", since: open, until: close };
    if (instant < end) return { day, hours: "post", since: close, until: end };
    if (next === -1) return null;
    return { day, hours: "closed", since: end, until: this.#days[next].hours.day_start };
  }
}

/**
 * @param {number | null} time the market's, Unix milliseconds; null: unknown
 * @param {DayHours | null} hours of its day; null: unknown
 * @returns {Trading | null} null: the market is closed, or nobody knows
 */
export function tradingAt(time, hours) {
  if (time === null || hours === null) return null;
  return time >= hours.day_start && time < hours.trading_end ? { time, hours } : null;
}

/**
 * The days in the gateway's answer.
 *
 * @param {any} answer of `/api/calendar`
 * @returns {TradingDay[]} those that are valid
 */
export function readCalendar(answer) {
  return Array.isArray(answer?.days) ? answer.days.filter(isTradingDay) : [];
}

/**
 * @param {any} value
 * @returns {value is TradingDay}
 */
function isTradingDay(value) {
  const { day, hours } = value ?? {};
  return typeof day === "string" && !Number.isNaN(Date.parse(day)) && readHours(hours) !== null;
}

/**
 * The hours of a day.
 *
 * @param {any} value
 * @returns {DayHours | null} null: they are not valid
 */
export function readHours(value) {
  const times = HOURS.map((name) => value?.[name]);
  const isValid = times.every(isInstant) && times.every((time, i) => i === 0 || times[i - 1] < time);
  return isValid ? value : null;
}
