// What the page says of its connection, by what it knows.

import { duration } from "../numbers.js";

/** @import { Feed } from "../gateway/feed.js" */

/** @typedef {"connecting" | "live" | "quiet" | "late" | "unwell" | "lost" | "locked"} StateName */

/**
 * @typedef {object} Known
 * @property {Pick<Feed, "state" | "retryAt">[]} feeds of the boards on the screen
 * @property {boolean} wasLost whether the page said that it was disconnected until now
 * @property {string} problem what is wrong on the server's side; empty: nothing
 * @property {number | null} age seconds since a board was published; null: unknown
 * @property {boolean} hasStatus whether a status of the gateway has come
 * @property {number} behind seconds by which the market's newest bar is behind
 * @property {number} now milliseconds of performance.now()
 */

/** Seconds without a snapshot after which the page says that nothing changes. */
const QUIET = 5;
/** Seconds after its end from which on a bar is late. */
export const LATE = 15;

/**
 * @param {Known} known
 * @returns {{ state: StateName, words: string }}
 */
export function connectionState({ feeds, wasLost, problem, age, hasStatus, behind, now }) {
  if (feeds.some(({ state }) => state === "unauthorized")) return { state: "locked", words: "API key needed" };
  const waiting = feeds.find(({ state }) => state === "waiting");
  if (waiting) {
    const seconds = Math.max(0, Math.ceil((waiting.retryAt - now) / 1000));
    return { state: "lost", words: `Disconnected, next try in ${seconds} s` };
  }
  const isOpen = feeds.every(({ state }) => state === "open");
  if (!isOpen && wasLost) return { state: "lost", words: "Disconnected, trying" };
  // Without the gateway's status, boards from the cache can be of any age.
  if (!isOpen || (!problem && age === null && !hasStatus)) return { state: "connecting", words: "Connecting" };
  if (problem) return { state: "unwell", words: problem };
  if (age !== null && age > QUIET) return { state: "quiet", words: "No change" };
  // What was published just now can be of bars that waited long.
  return behind > LATE ? { state: "late", words: "Bars late" } : { state: "live", words: "Live" };
}

/**
 * How old the data is, to follow the state's words.
 *
 * @param {StateName} state
 * @param {number | null} age seconds since a board was published; null: unknown
 * @param {number} behind seconds by which the market's newest bar is behind
 */
export function ageText(state, age, behind) {
  if (age === null) return "";
  if (state === "quiet") return `for ${duration(age)}`;
  if (state === "late") return `by ${duration(behind)}`;
  return state === "live" && age < QUIET ? `${age.toFixed(1)} s ago` : `data ${duration(age)} old`;
}
