// Two trading days: a Friday that closes early, and the Monday after it.

/** @import { TradingDay } from "../../../../watch/page/status/calendar.js" */

const MIDNIGHT = Date.parse("2026-11-27T05:00:00Z");

/**
 * @param {string} time of day on the Friday in New York; beyond 24:00:00 on the next days
 * @returns {number} Unix milliseconds
 */
export function at(time) {
  const [hours, minutes, seconds] = time.split(":").map(Number);
  return MIDNIGHT + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** @type {TradingDay} */
export const FRIDAY = {
  day: "2026-11-27",
  hours: { day_start: at("04:00:00"), open: at("09:30:00"), close: at("13:00:00"), trading_end: at("17:00:00") },
  is_early_close: true,
};

/** @type {TradingDay} */
export const MONDAY = {
  day: "2026-11-30",
  hours: { day_start: at("76:00:00"), open: at("81:30:00"), close: at("88:00:00"), trading_end: at("92:00:00") },
  is_early_close: false,
};
