// The alerts that have fired, newest first: those that were there before the page was opened, and those that come.

import { ask } from "../gateway/requests.js";
import { isAlert } from "../store/alert-feed.js";

/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Alert } from "../store/alert-feed.js" */
/** @import { Store } from "../store/store.js" */

/** So many are kept and asked for. */
export const MOST_ALERTS = 300;
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
  #store;
  #time;
  #onChange;
  #onFired;
  #wasOpen = false;
  #isWanted = false;
  #isLoading = false;
  #timer = 0;
  /** Whether the connection was lost since the alerts were last read. */
  #mayHaveMissed = false;

  /**
   * @param {{ store: Store, time: DeskTime }} parts
   * @param {object} options
   * @param {() => void} options.onChange called when alerts or rules have changed
   * @param {(alerts: Alert[]) => void} options.onFired called with each alert that fires now, whatever the desk shows, and
   *   once with all that fired within the last minute while the live page was not connected, newest first
   */
  constructor({ store, time }, { onChange, onFired }) {
    this.#store = store;
    this.#time = time;
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
    if (this.isUnknown && canAsk) this.#timer = window.setTimeout(() => void this.load(), ASK_AGAIN_MS);
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
    if (Array.isArray(rules?.rules)) this.rules = rules.rules.filter(isRule);
    this.isLoaded ||= !this.isUnknown;
    const missed = this.isUnknown ? [] : this.#add(newest.alerts.filter(isAlert));
    this.#onChange();
    if (missed.length > 0) this.#onFired(missed);
  }

  /**
   * @param {Alert[]} found what the gateway knows
   * @returns {Alert[]} those among them that the user has to be called for
   */
  #add(found) {
    const missed = this.#mayHaveMissed && this.#time.isLive ? recent(this.alerts, found) : [];
    this.#mayHaveMissed = false;
    this.alerts = merged(this.alerts, found);
    return missed;
  }

  /** @param {Alert} alert */
  #take(alert) {
    if (this.#time.isLive) {
      const before = this.alerts.length;
      this.alerts = merged(this.alerts, [alert]);
      if (this.alerts.length === before && !this.alerts.includes(alert)) return;
      this.#onChange();
    }
    this.#onFired([alert]);
  }
}

/**
 * Alerts of two lists, each once, newest first.
 *
 * @param {Alert[]} known
 * @param {Alert[]} more
 */
export function merged(known, more) {
  const byId = new Map([...more, ...known].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => b.at - a.at).slice(0, MOST_ALERTS);
}

/**
 * Alerts that are not known and have fired within the last minute, newest first.
 *
 * @param {Alert[]} known
 * @param {Alert[]} found
 */
function recent(known, found) {
  const ids = new Set(known.map(({ id }) => id));
  return merged([], found).filter(({ id, at }) => !ids.has(id) && at > Date.now() - RECENT_MS);
}

/**
 * @param {any} value
 * @returns {value is AlertRule}
 */
function isRule(value) {
  return typeof value?.name === "string" && typeof value.title === "string";
}
