// Time in New York.

const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", ...options });
const timeOfDay = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

// As the gateway tells a session's day.
const isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York", dateStyle: "short" });

/** `09:31:05 ET`. @param instant Unix milliseconds. */
export function newYorkTime(instant) {
  return `${timeOfDay.format(instant)} ET`;
}

/**
 * `Regular session, Tue 8 Oct 2013`: the part of the day of the boards' session that the market is in.
 *
 * @param session as the gateway tells it; null: there is none.
 * @param instant the market's time, Unix milliseconds; null: nobody knows it.
 * @param day when the regular hours of the session's day end and when trading does, New York's time of day.
 */
export function sessionName(session, instant, { close = "16:00", trading_end: end = "20:00" } = {}) {
  if (!session) return "No session yet";
  return `${partOfDay(session, instant, close, end)}, ${dayOfYear.format(new Date(session.day)).replace(",", "")}`;
}

// The boards' second session lasts until the next trading day: over the close and the end of trading.
function partOfDay({ day, phase }, instant, close, end) {
  if (phase === "pre") return "Pre-market";
  if (instant === null) return "Regular session";
  const time = timeOfDay.format(instant);
  if (isoDay.format(instant) !== day || time >= end) return "Market closed";
  return time >= close ? "After hours" : "Regular session";
}

/** The market's clock: the server's where the market's time is the machine's, else that of the newest bar. */
export class MarketClock {
  #ahead = null;
  #newest = 0;
  #empty = true;

  /** @param status of the gateway, just come. */
  set(status) {
    this.#ahead = status.clock === "wall" ? status.now - Date.now() : null;
  }

  /** @param newest when the newest bar on the boards ended, Unix milliseconds; 0: they are empty. */
  see(newest) {
    this.#empty = !newest;
    if (newest) this.#newest = newest;
  }

  /** Seconds from the end of the newest bar to the market's time; 0 where there is none, or it tells the time. */
  behind() {
    return this.#ahead === null || this.#empty ? 0 : (this.now() - this.#newest) / 1000;
  }

  /** The market's time, Unix milliseconds; null: nobody knows it yet. */
  now() {
    if (this.#ahead !== null) return Date.now() + this.#ahead;
    return this.#newest || null;
  }
}
