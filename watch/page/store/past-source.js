// Brings boards and quotes as they stood at a second of the past.

import { askHistory } from "../gateway/requests.js";
import { isInstant, readQuote, readRows } from "../gateway/validation.js";

/** @import { Row } from "../row.js" */
/** @import { Want } from "./want.js" */

/**
 * What is wanted of a second.
 *
 * @typedef {object} Wanted
 * @property {number} at the second, Unix milliseconds
 * @property {string[]} boards names of boards and screens
 * @property {string[]} symbols whose quotes are wanted
 * @property {Want} want of the boards' rows
 */

/**
 * The market as it stood at a second. Times are Unix milliseconds.
 *
 * @typedef {object} Moment
 * @property {number} at the second
 * @property {number} publishedAt when the boards were published that stood then
 * @property {string | null} day the trading day that they showed; null: no bar had come yet
 * @property {number | null} newestBar when the market's newest bar until then ended; null: there was none
 * @property {Map<string, Row[]>} boards by name, best first; empty where it is not known what was on it
 * @property {Map<string, string>} unknown by the name of a board without rows, why it has none
 * @property {Map<string, Row | null>} quotes by symbol; null: it had not traded on the day
 */

/** Where the gateway does not say when to ask again. */
export const RETRY_MS = 1_000;
/** As many as one request may name. */
const MOST_SYMBOLS = 200;

/**
 * Asks for one second at a time; the newest that is wanted is asked for once the one before has been answered. So
 * whoever drags a slider costs the gateway no more than whoever plays.
 */
export class PastSource {
  #onMoment;
  #onFailure;
  /** What is wanted now; null: nothing. @type {Wanted | null} */
  #wanted = null;
  /** Whether that has not been asked for yet. */
  #isNew = false;
  #isAsking = false;
  #timer = 0;

  /**
   * @param {object} listener
   * @param {(moment: Moment) => void} listener.onMoment
   * @param {(at: number, reason: string) => void} listener.onFailure called with a second of which it is not known
   *   what was published then, and why, as a sentence
   */
  constructor({ onMoment, onFailure }) {
    this.#onMoment = onMoment;
    this.#onFailure = onFailure;
  }

  /** @param {Wanted | null} wanted null: nothing any more */
  ask(wanted) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#wanted = wanted;
    this.#isNew = wanted !== null;
    if (!this.#isAsking) void this.#work();
  }

  async #work() {
    this.#isAsking = true;
    while (this.#isNew && this.#wanted) {
      const wanted = this.#wanted;
      this.#isNew = false;
      await this.#askFor(wanted).catch(() => this.#askAgain(wanted, RETRY_MS));
    }
    this.#isAsking = false;
  }

  /** @param {Wanted} wanted */
  async #askFor(wanted) {
    const response = await askHistory(`api/past?${query(wanted)}`);
    const answer = await response.json();
    if (this.#wanted === null) return;
    // It is shown though another second may be wanted by now: who drags a slider sees where they are.
    if (response.ok) {
      this.#onMoment(readMoment(wanted, answer));
    } else if (response.status >= 500 || response.status === 429) {
      this.#askAgain(wanted, retryAfter(response));
    } else {
      this.#onFailure(wanted.at, String(answer?.error ?? `the gateway answers ${response.status}`));
    }
  }

  /**
   * @param {Wanted} wanted
   * @param {number} delay milliseconds
   */
  #askAgain(wanted, delay) {
    if (wanted !== this.#wanted) return;
    this.#timer = window.setTimeout(() => this.ask(wanted), delay);
  }
}

/**
 * After how many milliseconds to ask again, where there is no answer now.
 *
 * @param {Response} response
 */
export function retryAfter({ headers }) {
  const seconds = Number(headers.get("Retry-After"));
  return seconds > 0 ? seconds * 1_000 : RETRY_MS;
}

/** @param {Wanted} wanted */
export function query({ at, boards, symbols, want: { fields, limit } }) {
  const asked = new URLSearchParams({ at: new Date(at).toISOString() });
  if (boards.length > 0) asked.set("boards", boards.join(","));
  if (symbols.length > 0) asked.set("symbols", symbols.slice(0, MOST_SYMBOLS).join(","));
  if (fields) asked.set("fields", fields.join(","));
  if (limit !== undefined) asked.set("limit", String(limit));
  return asked;
}

/**
 * @param {Wanted} wanted
 * @param {any} answer of `/api/past`
 * @returns {Moment}
 */
export function readMoment({ at, boards, symbols }, answer) {
  const { published_at: publishedAt, newest_bar: newestBar, session, unknown } = answer ?? {};
  return {
    at,
    publishedAt: isInstant(publishedAt) ? publishedAt : at,
    day: typeof session?.day === "string" ? session.day : null,
    newestBar: isInstant(newestBar) ? newestBar : null,
    boards: new Map(boards.map((name) => [name, readRows(answer?.boards?.[name]) ?? []])),
    unknown: new Map(Object.entries(unknown ?? {}).map(([name, why]) => [name, String(why)])),
    quotes: new Map(symbols.map((symbol) => [symbol, readQuote(answer?.quotes?.[symbol] ?? null) ?? null])),
  };
}
