// Reads seconds of the past ahead of the one that is shown, while the past plays.

import { askHistory } from "../gateway/requests.js";
import { RETRY_MS, query, readMoment, retryAfter } from "./past-source.js";

/** @import { Moment, Wanted } from "./past-source.js" */

/**
 * A second that was read.
 *
 * @typedef {object} Second
 * @property {number} at the second, Unix milliseconds
 * @property {Moment | null} moment null: it is not known
 * @property {string} unknown why it is not; empty: it is
 */

/**
 * What is played. Times are Unix milliseconds.
 *
 * @typedef {object} Playing
 * @property {number} from the second behind which it goes on
 * @property {number} speed how many times as fast as it passed
 * @property {() => number} end returns the last second that can be shown
 */

const SECOND_MS = 1_000;
/** Milliseconds from one second that is shown to the next, as long as the server can answer so fast. */
const FRAME_MS = 500;
/** Where it cannot, seconds are left out, until so much time passes from one to the next. Then playing gets slower. */
const LONGEST_FRAME_MS = 2_000;
/** How much a frame is longer than a second takes to read, so that what was read ahead grows. */
const MARGIN = 1.25;
/** Seconds are read so long before they are shown, milliseconds; or longer, by so many times what a request takes. */
const AHEAD_MS = 4_000;
const REQUESTS_AHEAD = 2;
/** Before it is known what a second takes. */
const FEW = 3;
/** As many seconds, and boards of all of them together, as one request may name. */
const MOST_SECONDS = 12;
const MOST_BOARDS = 72;
/** The weight of the newest request in what a second takes. */
const WEIGHT = 0.5;
/** Keeps what was read until it is shown. */
export class PastAhead {
  #wanted;
  /** @type {Playing | null} */
  #playing = null;
  /** The oldest first. @type {Second[]} */
  #seconds = [];
  /** The last second that was read, or behind which it goes on. */
  #last = 0;
  /** Of what is wanted of each second: what was read of something else is of no use. */
  #signature = "";
  /** Milliseconds that a second takes to read, and that the last request took; 0: unknown. */
  #cost = 0;
  #took = 0;
  #isAsking = false;
  #timer = 0;

  /** @param {() => Omit<Wanted, "at">} wanted returns what is wanted of each second */
  constructor(wanted) {
    this.#wanted = wanted;
  }

  /** @param {Playing} playing what is read from now on */
  start(playing) {
    this.stop();
    this.#playing = playing;
    this.#begin(playing.from);
    this.#fill();
  }

  stop() {
    this.#playing = null;
    this.#seconds = [];
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** @param {number} from the second behind which it goes on, Unix milliseconds */
  #begin(from) {
    this.#seconds = [];
    this.#last = from;
    this.#signature = JSON.stringify(this.#wanted());
  }

  /** Whether a second is there to be shown next. */
  get hasNext() {
    return this.#seconds.length > 0;
  }

  /**
   * The newest second that was read, up to a moment. It and those before it are dropped.
   *
   * @param {number} at Unix milliseconds
   * @param {number} shown the second that is shown, from which it goes on where something else is wanted by now
   * @returns {Second | null} null: there is none
   */
  take(at, shown) {
    if (JSON.stringify(this.#wanted()) !== this.#signature) this.#begin(shown);
    const found = this.#seconds.findLast((second) => second.at <= at) ?? null;
    this.#seconds = this.#seconds.filter((second) => second.at > at);
    this.#fill();
    return found;
  }

  #fill() {
    const playing = this.#playing;
    if (playing === null || this.#isAsking || this.#timer !== 0) return;
    const first = this.#seconds[0]?.at ?? this.#last;
    const isFar = (this.#last - first) / playing.speed >= this.#ahead;
    if (!isFar && this.#last < playing.end()) void this.#read(playing);
  }

  /**
   * How long before they are shown seconds are read, milliseconds. Of a request, what comes before its first second is
   * most of what it costs: a slow server is better asked for many at a time.
   */
  get #ahead() {
    return Math.max(AHEAD_MS, REQUESTS_AHEAD * this.#took);
  }

  /** @param {Playing} playing */
  async #read(playing) {
    const wanted = this.#wanted();
    const signature = this.#signature;
    const { step, count } = this.#run(playing, wanted.boards.length);
    const first = { ...wanted, at: this.#last + step };
    const began = performance.now();
    this.#isAsking = true;
    const found = await readRun(first, step, count).catch(() => RETRY_MS);
    this.#isAsking = false;
    if (playing === this.#playing && signature === this.#signature) {
      if (typeof found === "number") {
        this.#again(found);
        return;
      }
      this.#see(performance.now() - began, found.length);
      this.#seconds.push(...found);
      this.#last = found.at(-1)?.at ?? this.#last;
      // The others are not stored yet.
      if (found.length < count) this.#again(RETRY_MS);
    }
    this.#fill();
  }

  /**
   * From which second to which is read next.
   *
   * @param {Playing} playing
   * @param {number} boards
   * @returns {{ step: number, count: number }} milliseconds from one to the next, and how many
   */
  #run({ speed, end }, boards) {
    const frame = Math.min(LONGEST_FRAME_MS, Math.max(FRAME_MS, this.#cost * MARGIN));
    const left = end() - this.#last;
    const step = Math.min(left, Math.max(SECOND_MS, Math.round((speed * frame) / SECOND_MS) * SECOND_MS));
    const lasts = this.#cost > 0 ? Math.ceil((this.#ahead * speed) / step) : FEW;
    const most = Math.min(MOST_SECONDS, Math.floor(MOST_BOARDS / Math.max(1, boards)));
    return { step, count: Math.max(1, Math.min(lasts, most, Math.floor(left / step))) };
  }

  /**
   * @param {number} took milliseconds that a request took
   * @param {number} count of its seconds
   */
  #see(took, count) {
    const cost = took / Math.max(1, count);
    this.#took = took;
    this.#cost = this.#cost > 0 ? this.#cost + WEIGHT * (cost - this.#cost) : cost;
  }

  /** @param {number} delay milliseconds */
  #again(delay) {
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#fill();
    }, delay);
  }
}

/**
 * @param {Wanted} first the first second
 * @param {number} step milliseconds to the next one
 * @param {number} count how many
 * @returns {Promise<Second[] | number>} milliseconds after which to ask again: there is no answer now
 */
async function readRun(first, step, count) {
  const asked = query(first);
  asked.set("step", String(step / SECOND_MS));
  asked.set("count", String(count));
  const response = await askHistory(`api/past/run?${asked}`);
  const answer = await response.json();
  if (response.ok) return answer.seconds.map((/** @type {any} */ each) => readSecond(first, each));
  if (response.status < 500 && response.status !== 429) {
    return [{ at: first.at, moment: null, unknown: String(answer?.error) }];
  }
  return retryAfter(response);
}

/**
 * @param {Wanted} wanted
 * @param {any} second of `/api/past/run`
 * @returns {Second}
 */
function readSecond(wanted, { at, market, unknown }) {
  return { at, moment: market ? readMoment({ ...wanted, at }, market) : null, unknown: market ? "" : String(unknown) };
}
