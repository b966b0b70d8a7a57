// When an alert fired, as the market's clock says.

import { isoDay, newYorkTime, timeOfDay } from "../status/new-york-time.js";

/** @import { Alert } from "../store/alert-feed.js" */

/**
 * The clocks that the times of alerts are read by.
 *
 * @typedef {object} AlertClock
 * @property {boolean} isReplay whether the market's time is that of its bars
 * @property {number | null} marketTime at the second that is shown, Unix milliseconds; null: unknown
 * @property {number} serverTime Unix milliseconds
 */

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "America/New_York",
  weekday: "short",
  day: "numeric",
  month: "short",
});

/**
 * The market's time of an alert, Unix milliseconds. In a replay alerts fire by the server's clock, as everything is
 * published; the market's time is that of its symbol's newest bar then.
 *
 * @param {Alert} alert
 * @param {AlertClock} clock
 */
export function firedAt({ at, row }, { isReplay }) {
  const bar = Number(row.end_timestamp);
  return isReplay && bar > 0 ? bar : at;
}

/**
 * `09:31:07`, or `Thu 19 Nov 09:31:07` where that is not the market's day.
 *
 * @param {Alert} alert
 * @param {AlertClock} clock
 */
export function timeText(alert, clock) {
  const at = firedAt(alert, clock);
  const isToday = clock.marketTime === null || isoDay(at) === isoDay(clock.marketTime);
  return isToday ? timeOfDay(at) : `${dayText(at)} ${timeOfDay(at)}`;
}

/**
 * `Thu 19 Nov 09:31:07 ET`
 *
 * @param {number} at Unix milliseconds
 */
export function momentText(at) {
  return `${dayText(at)} ${newYorkTime(at)}`;
}

/**
 * All about its time, for a tooltip.
 *
 * @param {Alert} alert
 * @param {AlertClock} clock
 */
export function timeDetail(alert, clock) {
  const market = momentText(firedAt(alert, clock));
  return clock.isReplay ? `${market}, in a replay at ${newYorkTime(alert.at)}` : market;
}

/** @param {number} at */
function dayText(at) {
  return dayFormat.format(at).replace(",", "");
}
