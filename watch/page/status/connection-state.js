// What the page says of its data, by what it knows.

import { duration } from "../numbers.js";
import { coming } from "./session-name.js";

/** @import { MarketHours } from "./calendar.js" */
/** @import { Problem } from "./problems.js" */

/** @typedef {"connecting" | "starting" | "live" | "closed" | "late" | "halted" | "unwell" | "lost" | "locked" | "past"} StateName */

/**
 * @typedef {object} Known
 * @property {"connecting" | "open" | "waiting" | "unauthorized"} connection
 * @property {number} retryAt when a waiting connection is tried again, milliseconds of performance.now()
 * @property {boolean} wasLost whether the page said that it was disconnected until now
 * @property {Problem | null} problem what is wrong on the server's side
 * @property {boolean} isStarting whether nothing was published yet, and that is no wonder so soon
 * @property {boolean} isEmpty whether nothing was published yet
 * @property {number | null} age seconds since a board was published; null: unknown
 * @property {boolean} hasStatus whether a status of the gateway has come
 * @property {MarketHours | null} market the hours that it is; null: unknown
 * @property {number | null} time the market's, Unix milliseconds; null: unknown
 * @property {number} silence seconds without bars, during the market's hours
 * @property {boolean} isHalted whether that is too long
 * @property {number} behind seconds by which the market's newest bar is behind
 * @property {number | null} past how long ago, by the market's time, the second is that the desk shows, seconds; not above 0:
 *   nobody knows; null: it is live
 * @property {string} loading the time of another second of the past, which is awaited; empty: none is
 * @property {number} now milliseconds of performance.now()
 */

/**
 * What is said: the state, how old or how long, and why, for operators.
 *
 * @typedef {object} Said
 * @property {StateName} state
 * @property {string} words
 * @property {string} age follows the words; may be empty
 * @property {string} cause a sentence; may be empty
 */

/** Seconds up to which the age of live data is shown to a tenth. */
const FRESH = 5;
const CONNECTING_AGAIN = "Disconnected, connecting";
/** Seconds after its end from which on a bar is late. */
export const LATE = 15;

/**
 * @param {Known} known
 * @returns {Said}
 */
export function connectionState(known) {
  return withoutConnection(known) ?? ofPast(known) ?? withoutData(known) ?? ofMarket(known);
}

/**
 * @param {Known} known
 * @returns {Said | null}
 */
function withoutConnection({ connection, retryAt, wasLost, age, now }) {
  const old = age === null ? "" : `data ${duration(age)} old`;
  if (connection === "unauthorized") return { state: "locked", words: "API key needed", age: old, cause: "" };
  if (connection === "waiting") {
    const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
    const words = seconds > 0 ? `Disconnected, next try in ${seconds} s` : CONNECTING_AGAIN;
    return { state: "lost", words, age: old, cause: "" };
  }
  if (connection === "open") return null;
  if (wasLost) return { state: "lost", words: CONNECTING_AGAIN, age: old, cause: "" };
  return { state: "connecting", words: "Connecting", age: "", cause: "" };
}

/**
 * @param {Known} known
 * @returns {Said | null}
 */
function ofPast({ past, loading }) {
  if (loading) return { state: "past", words: `Loading ${loading}`, age: "", cause: "" };
  return past === null ? null : { state: "past", words: "Past", age: past > 0 ? `${duration(past)} ago` : "", cause: "" };
}

/**
 * @param {Known} known
 * @returns {Said | null}
 */
function withoutData({ problem, isStarting, age, hasStatus }) {
  // Without the gateway's status, boards from the cache can be of any age.
  if (!problem && age === null && !hasStatus) return { state: "connecting", words: "Connecting", age: "", cause: "" };
  const cause = problem?.cause ?? "";
  if (!problem) return null;
  if (isStarting) return { state: "starting", words: "Starting", age: "", cause };
  return { state: "unwell", words: problem.words, age: age === null ? "" : `data ${duration(age)} old`, cause };
}

/**
 * @param {Known} known
 * @returns {Said}
 */
function ofMarket({ isEmpty, market, time, silence, isHalted, age, behind }) {
  if (market?.hours === "closed" && time !== null) {
    return { state: "closed", words: "Closed", age: `until ${coming(market.until, time)}`, cause: "" };
  }
  if (isEmpty) return { state: "starting", words: "Waiting for bars", age: "", cause: "No bar has come yet" };
  if (isHalted) {
    const cause = "Workers and publishing are well: the feed sends no bars";
    return { state: "halted", words: "No bars", age: `for ${duration(silence)}`, cause };
  }
  if (behind > LATE) {
    // What was published just now can be of bars that waited long.
    const cause = "Bars reach the boards long after their end: the feed is late, or workers are";
    return { state: "late", words: "Data delayed", age: `by ${duration(behind)}`, cause };
  }
  const old = age === null ? "" : age < FRESH ? `${age.toFixed(1)} s ago` : `data ${duration(age)} old`;
  return { state: "live", words: "Live", age: old, cause: "" };
}
