// What the boards' session is called.

import { isoDay, timeOfDay } from "./new-york-time.js";

/** @import { Status } from "../gateway/validation.js" */

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

/**
 * `Regular session, Tue 8 Oct 2013`: the hours that the market is in, and the day of the boards' session.
 *
 * @param {Status["session"]} session
 * @param {number | null} instant the market's time, Unix milliseconds; null: unknown
 * @param {{ close?: string, trading_end?: string }} day when the regular hours of the session's day end, and when
 *   trading does, New York's time of day
 * @returns {string}
 */
export function sessionName(session, instant, { close = "16:00", trading_end: tradingEnd = "20:00" } = {}) {
  if (!session) return "No session yet";
  const day = dayFormat.format(new Date(session.day)).replace(",", "");
  return `${hours(session, instant, close, tradingEnd)}, ${day}`;
}

/**
 * The boards' regular session lasts until the next trading day: over the close, and the end of trading.
 *
 * @param {NonNullable<Status["session"]>} session
 * @param {number | null} instant
 * @param {string} close
 * @param {string} tradingEnd
 */
function hours({ day, phase }, instant, close, tradingEnd) {
  if (phase === "pre") return "Pre-market";
  if (instant === null) return "Regular session";
  const time = timeOfDay(instant);
  if (isoDay(instant) !== day || time >= tradingEnd) return "Market closed";
  return time >= close ? "After hours" : "Regular session";
}
