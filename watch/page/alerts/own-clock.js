// Times of day by the user's own clock, as quiet hours are: in a replay the market's clock is another one.

const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/**
 * `16:00`
 *
 * @param {number} instant Unix milliseconds
 */
export function ownTime(instant) {
  return timeFormat.format(instant);
}

/**
 * When it is this time next.
 *
 * @param {string} time `16:00`
 * @param {number} now Unix milliseconds
 * @returns {number} Unix milliseconds, after `now`
 */
export function nextTime(time, now) {
  const [hour, minute] = time.split(":").map(Number);
  const next = new Date(now);
  next.setHours(hour, minute, 0, 0);
  if (next.getTime() <= now) next.setDate(next.getDate() + 1);
  return next.getTime();
}
