// What is wrong on the server's side: in a trader's words, and in an operator's.

import { isUnwell } from "../gateway/validation.js";

/**
 * @typedef {object} Problem
 * @property {string} part of the gateway's health
 * @property {string} words for traders
 * @property {string} cause for operators
 * @property {number} grace milliseconds for which it must last before it is shown
 */

/** After a recovery, these are unwell until the next second is published: that is no problem. */
const GRACE_MS = 3_000;

/** A cause before its effects. @type {Problem[]} */
const PROBLEMS = [
  { part: "redis", words: "Data unavailable", cause: "The gateway has lost Redis", grace: 0 },
  { part: "subscription", words: "Data unavailable", cause: "The gateway has lost its subscription", grace: 0 },
  { part: "clock", words: "Boards stand still", cause: "Nobody publishes: no beat, or no clock worker", grace: GRACE_MS },
  { part: "queue", words: "Data delayed", cause: "Bars wait for workers", grace: GRACE_MS },
  { part: "snapshot", words: "Data delayed", cause: "Publishing is late", grace: GRACE_MS },
];

/** Notes what is wrong, and for how long it has been. Times are milliseconds of performance.now(). */
export class Problems {
  /** @type {Problem | null} */
  #problem = null;
  #since = 0;

  /**
   * @param {unknown} health the answer of `/healthz`
   * @param {number} now
   */
  see(health, now) {
    const problem = PROBLEMS.find(({ part }) => isUnwell(health, part)) ?? null;
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#since = now;
  }

  /** What is wrong, whether it is to be shown yet or not; null: nothing. */
  get newest() {
    return this.#problem;
  }

  /**
   * What is to be shown; null: nothing.
   *
   * @param {number} now
   */
  current(now) {
    return this.#problem && now - this.#since >= this.#problem.grace ? this.#problem : null;
  }
}
