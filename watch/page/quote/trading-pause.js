// For how long a symbol has not traded.

/** @import { DayHours } from "../status/calendar.js" */

const SAID_FROM_SECONDS = 120;

/**
 * `No trades 4:02`, from two minutes on; empty: it has traded since, the market is closed, or nobody knows.
 *
 * @param {number | undefined} end when its last bar ended, Unix milliseconds
 * @param {number | null} now the market's time, Unix milliseconds; null: unknown
 * @param {DayHours | null} hours of the market's day; null: unknown
 */
export function pauseText(end, now, hours) {
  if (end === undefined || now === null || hours === null) return "";
  const isOpen = now >= hours.day_start && now < hours.trading_end;
  if (!isOpen || end < hours.day_start) return "";
  const seconds = Math.floor((now - end) / 1000);
  if (seconds < SAID_FROM_SECONDS) return "";
  const [whole, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const padded = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const time = whole ? `${whole}:${padded(minutes)}` : `${minutes}`;
  return `No trades ${time}:${padded(seconds % 60)}`;
}
