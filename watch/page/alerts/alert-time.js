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
 * The market's time of each alert, Unix milliseconds, by its id: the one by which they are listed.
 *
 * In a replay alerts fire by the server's clock, as everything is published. The market's time is then that of the newest
 * bar that any alert of the same tick has, or any before: the symbol of an alert may not have traded for long.
 *
 * @param {Alert[]} alerts newest first
 * @param {boolean} isReplay whether the market's time is that of its bars
 * @returns {Map<string, number>}
 */
export function marketTimes(alerts, isReplay) {
  if (!isReplay) return new Map(alerts.map(({ id, at }) => [id, at]));
  /** By when the tick was published. @type {Map<number, number>} */
  const newest = new Map();
  let time = 0;
  for (const { at, row } of [...alerts].reverse()) {
    time = Math.max(time, Number(row.end_timestamp) || 0);
    newest.set(at, time);
  }
  return new Map(alerts.map(({ id, at }) => [id, newest.get(at) || at]));
}

/**
 * `09:31:07`, or `Thu 19 Nov 09:31:07` where that is not the market's day.
 *
 * @param {number} at the market's time, Unix milliseconds
 * @param {AlertClock} clock
 */
export function timeText(at, clock) {
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
 * @param {number} at the market's time, Unix milliseconds
 * @param {Alert} alert
 * @param {AlertClock} clock
 */
export function timeDetail(at, alert, clock) {
  const market = momentText(at);
  return clock.isReplay ? `${market}, in a replay at ${newYorkTime(alert.at)}` : market;
}

/** @param {number} at */
function dayText(at) {
  return dayFormat.format(at).replace(",", "");
}
