// For how long a symbol has not traded.

/** @import { Trading } from "../status/calendar.js" */

const SAID_FROM_SECONDS = 120;

/**
 * `No trades 4:02`, from two minutes on; empty: it has traded since, the market is closed, or nobody knows.
 *
 * @param {number | undefined} end when its last bar ended, Unix milliseconds
 * @param {Trading | null} trading the market while it trades; null: it is closed, or nobody knows
 */
export function pauseText(end, trading) {
  if (end === undefined || trading === null || end < trading.hours.day_start) return "";
  const seconds = Math.floor((trading.time - end) / 1000);
  if (seconds < SAID_FROM_SECONDS) return "";
  const [whole, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const padded = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const time = whole ? `${whole}:${padded(minutes)}` : `${minutes}`;
  return `No trades ${time}:${padded(seconds % 60)}`;
}
