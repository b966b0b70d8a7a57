// What the market's session is called.

import { isoDay, timeOfDay } from "./new-york-time.js";

/** @import { Status } from "../gateway/validation.js" */
/** @import { Hours, MarketHours } from "./calendar.js" */

const DAY_MS = 86_400_000;
/** Days within which a weekday's name says which day is meant. */
const WEEK = 6;

/** @param {Intl.DateTimeFormatOptions} options */
const inUtc = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const dayFormat = inUtc({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const shortFormat = inUtc({ weekday: "short", day: "numeric", month: "short" });
const spokenFormat = inUtc({ weekday: "long", day: "numeric", month: "long" });
const weekdayFormat = inUtc({ weekday: "long" });

/** @type {Record<Hours, string>} */
const NAMES = { pre: "Pre-market", regular: "Regular session", post: "After hours", closed: "Market closed" };

/**
 * `Regular session, Tue 8 Oct 2013`: the hours that the market is in, and its day.
 *
 * @param {MarketHours | null} market null: the calendar is not known yet
 * @param {Status["session"]} session that the boards show; null: no bar has come yet
 */
export function sessionName(market, session) {
  if (market) {
    const { day, hours } = market;
    const early = day.is_early_close && hours !== "closed" ? `, early close ${hoursAndMinutes(day.hours.close)}` : "";
    return `${NAMES[hours]}, ${dayName(day.day)}${early}`;
  }
  return session ? dayName(session.day) : "No session yet";
}

/**
 * `Tue 8 Oct 2013`
 *
 * @param {string} day as ISO says
 */
export function dayName(day) {
  return dayFormat.format(new Date(day)).replace(",", "");
}

/**
 * `Tuesday 8 October`, to be spoken.
 *
 * @param {string} day as ISO says
 */
export function spokenDay(day) {
  return spokenFormat.format(new Date(day)).replace(",", "");
}

/**
 * `Monday 04:00 ET`, or `Mon 30 Nov 04:00 ET` where that is more than six days away.
 *
 * @param {number} instant Unix milliseconds
 * @param {number} now Unix milliseconds
 */
export function coming(instant, now) {
  const day = isoDay(instant);
  const isNear = (Date.parse(day) - Date.parse(isoDay(now))) / DAY_MS <= WEEK;
  const name = isNear ? weekdayFormat.format(new Date(day)) : shortFormat.format(new Date(day)).replace(",", "");
  return `${name} ${hoursAndMinutes(instant)} ET`;
}

/** @param {number} instant Unix milliseconds */
function hoursAndMinutes(instant) {
  return timeOfDay(instant).slice(0, 5);
}
