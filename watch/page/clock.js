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

const PHASES = { pre: "Pre-market", regular: "Regular session" };

/** `09:31:05 ET`. @param instant Unix milliseconds. */
export function newYorkTime(instant) {
  return `${timeOfDay.format(instant)} ET`;
}

/** `Regular session, Tue 8 Oct 2013`. @param session as the gateway tells it; null: there is none. */
export function sessionName(session) {
  if (!session) return "No session yet";
  return `${PHASES[session.phase]}, ${dayOfYear.format(new Date(session.day)).replace(",", "")}`;
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
