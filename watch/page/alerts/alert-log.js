// The alerts that have fired, newest first: those that were there before the page was opened, and those that come.

import { ask } from "../gateway/requests.js";
import { isAlert } from "../store/alert-feed.js";

/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Alert } from "../store/alert-feed.js" */
/** @import { Store } from "../store/store.js" */
/** @import { AlertClock } from "./alert-time.js" */

/** So many are kept and asked for. */
export const MOST_ALERTS = 300;
/** So many more are asked for by who wants earlier ones: as many as may fire in one second, so that each answer leads on. */
export const MOST_EARLIER = 1_000;
/** What fired so long before the page is connected again still calls: nobody acts on anything older. */
export const RECENT_MS = 60_000;
/** A gateway that has just come back may not have its Redis yet. */
const ASK_AGAIN_MS = 2_000;
/** Milliseconds from a second's begin to its last moment. */
const LAST_OF_SECOND = 999;

/**
 * A rule by which alerts fire.
 *
 * @typedef {object} AlertRule
 * @property {string} name
 * @property {string} title
 */

/** Holds the alerts of the second that the desk shows. */
export class AlertLog {
  /** Newest first. @type {Alert[]} */
  alerts = [];
  /** In the order of their file. @type {AlertRule[]} */
  rules = [];
  /** Whether the gateway has answered with those from before the page was opened. */
  isLoaded = false;
  /** Whether the gateway could not be asked. */
  isUnknown = false;
  /** Whether the gateway may know earlier ones. */
  hasEarlier = false;
  /** From when on the gateway knows all, Unix milliseconds; null: none was removed. @type {number | null} */
  completeSince = null;
  #store;
  #time;
  #clock;
  #onChange;
  #onFired;
  #wasOpen = false;
  #isWanted = false;
  #isLoading = false;
  #timer = 0;
  /** Whether the gateway could not be asked for the rules. */
  #lacksRules = false;
  /** Whether the connection was lost since the alerts were last read. */
  #mayHaveMissed = false;
  /** So many alerts are kept. */
  #most = MOST_ALERTS;

  /**
   * @param {{ store: Store, time: DeskTime, clock: AlertClock }} parts
   * @param {object} options
   * @param {() => void} options.onChange called when alerts or rules have changed
   * @param {(alerts: Alert[]) => void} options.onFired called with each alert that fires now, whatever the desk shows, and
   *   once with all that fired within the last minute while the live page was not connected, newest first
   */
  constructor({ store, time, clock }, { onChange, onFired }) {
    this.#store = store;
    this.#time = time;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onFired = onFired;
    store.alerts((alert) => this.#take(alert));
    store.onConnection(() => {
      const isOpen = store.connection.state === "open";
      // What fired while the page was not connected is asked for.
      if (isOpen && !this.#wasOpen) {
        this.#mayHaveMissed ||= this.isLoaded;
        void this.load();
      }
      this.#wasOpen = isOpen;
    });
    time.watch(() => {
      this.alerts = [];
      this.#most = MOST_ALERTS;
      this.#mayHaveMissed = false;
      void this.load();
    });
  }

  /**
   * Ask for the alerts until now, or until the second that the desk shows. One request is sent at a time: whoever plays
   * the past asks for the newest second that is wanted.
   */
  async load() {
    clearTimeout(this.#timer);
    this.#isWanted = true;
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#read();
    }
    this.#isLoading = false;
    // Without a connection it is asked for when that is back.
    const canAsk = this.#store.connection.state === "open";
    if ((this.isUnknown || this.#lacksRules) && canAsk) this.#timer = window.setTimeout(() => void this.load(), ASK_AGAIN_MS);
  }

  async #read() {
    const at = this.#time.at;
    // They fire when the second's boards are published, which is within it.
    const until = at === null ? "" : `&until=${new Date(at + LAST_OF_SECOND).toISOString()}`;
    const [newest, rules] = await Promise.all([
      ask(`api/alerts?limit=${MOST_ALERTS}${until}`).catch(() => null),
      ask("api/alerts/rules").catch(() => null),
    ]);
    if (at !== this.#time.at) return;
    this.isUnknown = !Array.isArray(newest?.alerts);
    this.#lacksRules = !Array.isArray(rules?.rules);
    if (!this.#lacksRules) this.rules = rules.rules.filter(isRule);
    this.isLoaded ||= !this.isUnknown;
    const missed = this.isUnknown ? [] : this.#add(newest);
    this.#onChange();
    if (missed.length > 0) this.#onFired(missed);
  }

  /**
   * Ask for alerts before those that are known.
   *
   * @returns {Promise<Alert[]>} those that were found, newest first
   */
  async earlier() {
    const oldest = this.alerts.at(-1)?.at;
    const at = this.#time.at;
    if (oldest === undefined) return [];
    const read = (/** @type {number} */ until) =>
      ask(`api/alerts?limit=${MOST_EARLIER}&until=${new Date(until).toISOString()}`).catch(() => null);
    const known = new Set(this.alerts.map(({ id }) => id));
    const newIn = (/** @type {any} */ { alerts }) => /** @type {Alert[]} */ (alerts.filter(isAlert)).filter(({ id }) => !known.has(id));
    let answer = await read(oldest);
    // As many have fired in the oldest one's second as an answer has.
    if (answer?.alerts?.length === MOST_EARLIER && newIn(answer).length === 0) answer = await read(oldest - 1);
    if (!Array.isArray(answer?.alerts) || at !== this.#time.at) return [];
    const found = newIn(answer);
    this.#most += found.length;
    this.#note(answer, MOST_EARLIER);
    this.alerts = merged(found, this.alerts, this.#most);
    this.#onChange();
    return found;
  }

  /**
   * @param {any} answer of the gateway, down to its oldest alert
   * @param {number} limit alerts that it may have
   */
  #note({ alerts, complete_since: since }, limit) {
    this.hasEarlier = alerts.length >= limit;
    this.completeSince = Number.isFinite(since) ? since : null;
  }

  /**
   * @param {any} newest what the gateway knows
   * @returns {Alert[]} those among them that the user has to be called for
   */
  #add(newest) {
    /** @type {Alert[]} */
    const found = newest.alerts.filter(isAlert);
    const after = this.#clock.serverTime - RECENT_MS;
    const missed = this.#mayHaveMissed && this.#time.isLive ? recent(this.alerts, found, after) : [];
    this.#mayHaveMissed = false;
    this.#note(newest, MOST_ALERTS);
    const ids = new Set(this.alerts.map(({ id }) => id));
    // So many may have fired meanwhile that some are missing before them.
    const leadsOn = !this.hasEarlier || found.some(({ id }) => ids.has(id));
    const known = leadsOn ? this.alerts : this.alerts.filter(({ at }) => at >= (found[0]?.at ?? 0));
    this.alerts = merged(known, found, this.#most);
    this.hasEarlier ||= this.alerts.length >= this.#most;
    return missed;
  }

  /** @param {Alert} alert */
  #take(alert) {
    if (this.#time.isLive) {
      const before = this.alerts.length;
      this.alerts = merged(this.alerts, [alert], this.#most);
      if (this.alerts.length === before && !this.alerts.includes(alert)) return;
      this.hasEarlier ||= this.alerts.length === before;
      this.#onChange();
    }
    this.#onFired([alert]);
  }
}

/**
 * Alerts of two lists, each once, newest first; of the same time, those of the second list first.
 *
 * @param {Alert[]} known
 * @param {Alert[]} more
 * @param {number} [most] of them
 */
export function merged(known, more, most = MOST_ALERTS) {
  const byId = new Map([...more, ...known].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => b.at - a.at).slice(0, most);
}

/**
 * Alerts that are not known and have fired after a time, newest first.
 *
 * @param {Alert[]} known
 * @param {Alert[]} found
 * @param {number} after Unix milliseconds, by the server's clock
 */
function recent(known, found, after) {
  const ids = new Set(known.map(({ id }) => id));
  return merged([], found).filter(({ id, at }) => !ids.has(id) && at > after);
}

/**
 * @param {any} value
 * @returns {value is AlertRule}
 */
function isRule(value) {
  return typeof value?.name === "string" && typeof value.title === "string";
}
