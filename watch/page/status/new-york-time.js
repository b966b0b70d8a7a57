// Time of day and day in New York.

/** @param {Intl.DateTimeFormatOptions} options */
const inNewYork = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", ...options });
const timeFormat = inNewYork({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const isoDayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York", dateStyle: "short" });

/**
 * `09:31:05`
 *
 * @param {number} instant Unix milliseconds
 */
export function timeOfDay(instant) {
  return timeFormat.format(instant);
}

/**
 * `09:31:05 ET`
 *
 * @param {number} instant Unix milliseconds
 */
export function newYorkTime(instant) {
  return `${timeOfDay(instant)} ET`;
}

/**
 * `2013-10-08`
 *
 * @param {number} instant Unix milliseconds
 */
export function isoDay(instant) {
  return isoDayFormat.format(instant);
}
