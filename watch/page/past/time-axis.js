// A recorded day as an axis: from the first second that can be shown to the last.

import { readHours } from "../status/calendar.js";
import { isoDay, timeOfDay } from "../status/new-york-time.js";

/** @import { DayHours } from "../status/calendar.js" */

/** @typedef {{ from: number, to: number, why: string }} Gap */

/**
 * A recorded day. Times are Unix milliseconds.
 *
 * @typedef {object} RecordedDay
 * @property {string} day as ISO says
 * @property {DayHours} hours
 * @property {number} from when boards were published first
 * @property {number} to when they were published last
 * @property {number | null} first_bar start of the first bar
 * @property {number | null} last_bar end of the last one
 * @property {Gap[]} gaps times of which the boards are not known
 */

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const TIME = /^(\d{1,2})(?::?(\d{2}))(?::?(\d{2}))?$/;

/**
 * The recorded days in the gateway's answer.
 *
 * @param {any} answer of `/api/days`
 * @returns {RecordedDay[]} those that are valid, the oldest first
 */
export function readDays(answer) {
  return Array.isArray(answer?.days) ? answer.days.filter(isRecordedDay) : [];
}

/**
 * @param {any} value
 * @returns {value is RecordedDay}
 */
function isRecordedDay(value) {
  const { day, from, to, hours, gaps } = value ?? {};
  const isSpan = Number.isFinite(from) && Number.isFinite(to) && from <= to;
  return typeof day === "string" && Array.isArray(gaps) && isSpan && readHours(hours) !== null;
}

/** A second, and the market's time then, Unix milliseconds. @typedef {{ at: number, market: number }} Known */

/**
 * Translates between the seconds of a day that can be shown and the market's time. In a replay the two differ: seconds
 * are those at which boards were published, the market's time is that of the bars. Between two seconds of which it is
 * known, it is taken to have passed evenly.
 */
export class TimeAxis {
  #day;
  #known;
  #isReplay;

  /**
   * @param {RecordedDay} day
   * @param {() => boolean} isReplay returns whether the boards' time is that of the bars
   * @param {Known[]} known what was learned of the day before, in the order of time; more is added
   */
  constructor(day, isReplay, known = []) {
    this.#day = day;
    this.#known = known;
    this.#isReplay = () => isReplay() && day.first_bar !== null && day.last_bar !== null;
  }

  /** The day, as ISO says. */
  get day() {
    return this.#day.day;
  }

  /** When the day's hours begin and end. */
  get hours() {
    return this.#day.hours;
  }

  /** The first second that can be shown, Unix milliseconds. */
  get first() {
    return Math.floor(this.#day.from / SECOND_MS) * SECOND_MS;
  }

  /** The last one, Unix milliseconds. */
  get last() {
    return Math.max(this.first, Math.floor(this.#day.to / SECOND_MS) * SECOND_MS);
  }

  /**
   * The second of the axis that is nearest to a moment.
   *
   * @param {number} at Unix milliseconds
   */
  nearest(at) {
    const second = Math.floor(at / SECOND_MS) * SECOND_MS;
    return Math.min(this.last, Math.max(this.first, second));
  }

  /**
   * Learn what the market's time was at a second.
   *
   * @param {number} at Unix milliseconds
   * @param {number} market Unix milliseconds
   */
  learn(at, market) {
    if (!this.#isReplay() || this.market(at) === market) return;
    const place = this.#known.filter((known) => known.at < at).length;
    const same = this.#known[place]?.at === at ? 1 : 0;
    const [before, after] = [this.#known[place - 1], this.#known[place + same]];
    // Time that seems to run backward is of another feed.
    if (before?.market > market || after?.market < market) return;
    this.#known.splice(place, same, { at, market });
  }

  /**
   * The market's time at a second, as whole seconds: bars end with them.
   *
   * @param {number} at Unix milliseconds
   */
  market(at) {
    if (!this.#isReplay()) return at;
    const [one, other] = this.#around((known) => known.at <= at);
    return rounded(one.market + (at - one.at) * ratio(other.market - one.market, other.at - one.at));
  }

  /**
   * The second at which the market's time was this.
   *
   * @param {number} market Unix milliseconds
   */
  second(market) {
    if (!this.#isReplay()) return this.nearest(market);
    const [one, other] = this.#around((known) => known.market <= market);
    return this.nearest(rounded(one.at + (market - one.market) * ratio(other.at - one.at, other.market - one.market)));
  }

  /**
   * Two neighbours of what is known: the last one of those that are before something, and the one behind it.
   *
   * @param {(known: Known) => boolean} isBefore
   * @returns {[Known, Known]}
   */
  #around(isBefore) {
    const { from, to, first_bar: first, last_bar: last } = this.#day;
    const known = [{ at: from, market: Number(first) }, ...this.#known, { at: to, market: Number(last) }];
    const place = Math.min(known.length - 2, Math.max(0, known.filter(isBefore).length - 1));
    return [known[place], known[place + 1]];
  }

  /**
   * The market's time of a time of day.
   *
   * @param {string} text `09:31:07`, `9:31` or `093107`, New York's
   * @returns {number | null} Unix milliseconds; null: it is no time
   */
  parse(text) {
    const found = TIME.exec(text.trim());
    if (!found) return null;
    const [hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
    if (hours > 23 || minutes > 59 || seconds > 59) return null;
    return newYorkInstant(this.#day.day, (hours * 60 + minutes) * 60 + seconds);
  }

  /**
   * What there is along the axis, as parts of its length from 0 to 1.
   *
   * @returns {{ kind: "pre" | "regular" | "post" | "gap", from: number, to: number, why: string }[]}
   */
  marks() {
    const { day_start: start, open, close, trading_end: end } = this.#day.hours;
    /** @type {["pre" | "regular" | "post", number, number][]} */
    const hours = [["pre", start, open], ["regular", open, close], ["post", close, end]];
    const sessions = hours.map(([kind, from, to]) => {
      return { kind, from: this.#part(this.second(from)), to: this.#part(this.second(to)), why: "" };
    });
    const gaps = this.#day.gaps.map(({ from, to, why }) => {
      return { kind: /** @type {const} */ ("gap"), from: this.#part(from), to: this.#part(to), why };
    });
    return [...sessions, ...gaps].filter(({ from, to }) => to > from);
  }

  /** @param {number} at Unix milliseconds */
  #part(at) {
    return Math.min(1, Math.max(0, ratio(at - this.first, this.last - this.first)));
  }
}

/** @param {number} time milliseconds */
function rounded(time) {
  return Math.round(time / SECOND_MS) * SECOND_MS;
}

/**
 * @param {number} a
 * @param {number} b
 */
function ratio(a, b) {
  return b > 0 ? a / b : 0;
}

/**
 * The moment of a time of day in New York, Unix milliseconds.
 *
 * @param {string} day as ISO says
 * @param {number} seconds since its midnight, as a clock on the wall shows them
 */
export function newYorkInstant(day, seconds) {
  const asUtc = Date.parse(`${day}T00:00:00Z`) + seconds * SECOND_MS;
  // New York is four or five hours behind: the right one shows that time there.
  const found = [4, 5].map((hours) => asUtc + hours * 3_600_000).find((instant) => {
    const [hour, minute, second] = timeOfDay(instant).split(":").map(Number);
    return isoDay(instant) === day && (hour * 60 + minute) * 60 + second === seconds % (DAY_MS / SECOND_MS);
  });
  return found ?? asUtc + 5 * 3_600_000;
}
