// When a time of day comes next.

import { timeOfDay } from "../status/new-york-time.js";

const DAY_MINUTES = 24 * 60;

/**
 * When it is this time in New York next.
 *
 * @param {string} time `16:00`
 * @param {number} now Unix milliseconds
 * @returns {number} Unix milliseconds, after `now` and within a day
 */
export function nextTime(time, now) {
  const wait = (minutes(time) - minutes(timeOfDay(now)) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  return now - (now % 60_000) + wait * 60_000;
}

/** @param {string} time `16:00`, or with seconds */
function minutes(time) {
  const [hour, minute] = time.split(":").map(Number);
  return hour * 60 + minute;
}
