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
  // Of the boards that are shown, and of all of them as the gateway last told.
  #newestShown = 0;
  #newestOfAll = 0;
  #behindOfAll = Infinity;

  /** @param status of the gateway, just come. */
  set(status) {
    this.#ahead = status.clock === "wall" ? status.now - Date.now() : null;
    this.#newestOfAll = status.newest_bar ?? 0;
    this.#behindOfAll = status.newest_bar === null ? Infinity : (status.now - status.newest_bar) / 1000;
  }

  /** @param newest when the newest bar on the boards that are shown ended, Unix milliseconds; 0: they are empty. */
  see(newest) {
    this.#newestShown = newest;
  }

  /**
   * Seconds from the end of the market's newest bar to the market's time; 0 where there is none, or it tells the time.
   *
   * The boards that are shown can be of symbols that trade seldom: how far the market is behind the gateway tells. Until
   * it tells anew a bar that is shown can only say that it is less.
   */
  behind() {
    if (this.#ahead === null) return 0;
    const shown = this.#newestShown ? (this.now() - this.#newestShown) / 1000 : Infinity;
    const behind = Math.min(shown, this.#behindOfAll);
    return behind === Infinity ? 0 : behind;
  }

  /** The market's time, Unix milliseconds; null: nobody knows it yet. */
  now() {
    if (this.#ahead !== null) return Date.now() + this.#ahead;
    return Math.max(this.#newestShown, this.#newestOfAll) || null;
  }
}
