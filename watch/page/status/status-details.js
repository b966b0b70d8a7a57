// How things stand, part by part: what the words at the head of the page follow from.

import { byId, make, makeText } from "../elements.js";
import { duration } from "../numbers.js";
import { newYorkTime } from "./new-york-time.js";
import { coming, dayName } from "./session-name.js";

/** @import { Board } from "../declarations.js" */
/** @import { Status } from "../gateway/validation.js" */
/** @import { Store } from "../store/store.js" */
/** @import { Known } from "./connection-state.js" */

/** What is known, and what the gateway says of the system's health, unvalidated. @typedef {Known & { health: any, session: Status["session"] }} Standing */

const UNKNOWN = "unknown";

/** A list that opens below the state. It is filled only while it is open. */
export class StatusDetails {
  #store;
  /** Titles by the names of feeds. @type {Map<string, string>} */
  #titles;
  #panel = byId("status-details", HTMLElement);
  #list = make("dl", "standing");
  /** The values by their names. @type {Map<string, HTMLElement>} */
  #values = new Map();

  /**
   * @param {Store} store
   * @param {Board[]} boards those that are declared
   */
  constructor(store, boards) {
    this.#store = store;
    this.#titles = new Map(boards.map(({ feed, title }) => [feed, title]));
    this.#panel.append(makeText("h2", "", "Status"), this.#list);
  }

  /** @param {Standing} standing at this moment */
  draw(standing) {
    if (!this.#panel.matches(":popover-open")) return;
    const rows = [...ofMarket(standing), ...ofSystem(standing), ...this.#ofFeeds(standing.now)];
    if (rows.map(([name]) => name).join() !== [...this.#values.keys()].join()) this.#list.replaceChildren(...this.#rows(rows));
    for (const [name, text] of rows) {
      const value = this.#values.get(name);
      if (value && value.textContent !== text) value.textContent = text;
    }
  }

  /** @param {[string, string][]} rows */
  #rows(rows) {
    this.#values.clear();
    return rows.map(([name]) => {
      const pair = make("div", "pair");
      const value = make("dd");
      this.#values.set(name, value);
      pair.append(makeText("dt", "", name), value);
      return pair;
    });
  }

  /**
   * @param {number} now milliseconds of performance.now()
   * @returns {[string, string][]}
   */
  #ofFeeds(now) {
    return [...this.#store.ages].map(([name, at]) => {
      // `quote:AAPL`, `scanners:losers`
      const title = this.#titles.get(name) ?? name.replace(/^scanners:/, "").replace(":", " ");
      return [`Feed of ${title}`, at === null ? "nothing yet" : ago((now - at) / 1000)];
    });
  }
}

/**
 * @param {Standing} standing
 * @returns {[string, string][]}
 */
function ofMarket({ market, time, session, age, behind, silence }) {
  const until = market && time !== null ? `${market.hours === "closed" ? "closed" : "open"} until ${coming(market.until, time)}` : UNKNOWN;
  return [
    ["Market", until],
    ["Boards of", session ? dayName(session.day) : "no day yet"],
    ["Boards published", age === null ? UNKNOWN : ago(age)],
    ["Newest bar", time === null ? UNKNOWN : newestBar(time, behind, silence)],
  ];
}

/**
 * @param {number} time the market's, Unix milliseconds
 * @param {number} behind seconds
 * @param {number} silence seconds
 */
function newestBar(time, behind, silence) {
  return behind > 0 ? `ended ${ago(behind)}` : `ended ${newYorkTime(time)}, came ${ago(silence)}`;
}

/**
 * @param {Standing} standing
 * @returns {[string, string][]}
 */
function ofSystem({ health }) {
  const { workers, queue } = health?.parts ?? {};
  const unwell = Object.entries(health?.parts ?? {}).filter(([, part]) => part?.ok === false);
  return [
    ["Workers", Number.isFinite(workers?.count) ? String(workers.count) : UNKNOWN],
    ["Workers' lag", Number.isFinite(workers?.lag) ? `${workers.lag.toFixed(2)} s after a bar's end` : UNKNOWN],
    ["Bars that wait", Number.isFinite(queue?.count) ? String(queue.count) : UNKNOWN],
    ["Not well", unwell.map(([name, part]) => (part.why ? `${name}: ${part.why}` : name)).join(", ") || "nothing"],
  ];
}

/** @param {number} seconds */
function ago(seconds) {
  return seconds < 5 ? `${Math.max(0, seconds).toFixed(1)} s ago` : `${duration(seconds)} ago`;
}
