// Where the chart's candles come from: the day over HTTP, and what changes by the feed.

import { askHistory } from "../gateway/requests.js";
import { readHours } from "../status/calendar.js";
import { minuteOfDay } from "./candle-text.js";
import { readCandles } from "./candle.js";
import { DayCandles } from "./day-candles.js";

/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Following, Store } from "../store/store.js" */
/** @import { Candle } from "./candle.js" */

/** After so long a day that could not be read is asked for again; each time in vain it is twice as long, up to a minute. */
const READ_AGAIN_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
/** What is shown stays as it is for so long while another second of the past is awaited. */
const LATE_MS = 1_500;
const LATE = "Loading \u2026";

/** Follows the candles of one symbol, live or as they stood at a second of the past. */
export class CandleSource {
  day = new DayCandles();
  /** What is wrong, or missing; empty: nothing. */
  note = "";
  /** Whether the candles may not be those that are asked for. */
  isStale = false;
  #store;
  #time;
  #onChange;
  /** @type {Following | null} */
  #following = null;
  /** Null: nothing is followed. @type {string | null} */
  #symbol = null;
  #isReading = false;
  /** Whether what is read at the moment is not what is wanted any more. */
  #isOutdated = false;
  #timer = 0;
  #lateTimer = 0;
  /** How often in a row the day could not be read. */
  #failures = 0;

  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {DeskTime} parts.time that is shown
   * @param {() => void} onChange called when the candles or the note have changed
   */
  constructor({ store, time }, onChange) {
    this.#store = store;
    this.#time = time;
    this.#onChange = onChange;
    time.watch(() => this.#start());
    // Meanwhile candles were missed.
    store.onConnection(() => this.#refresh());
    document.addEventListener("visibilitychange", () => this.#refresh());
  }

  /**
   * Follow a symbol from now on.
   *
   * @param {string} symbol
   */
  follow(symbol) {
    this.#symbol = symbol;
    this.day = new DayCandles();
    this.note = `Asking for the candles of ${symbol}`;
    this.isStale = false;
    this.#failures = 0;
    this.#start();
  }

  /** Follow nothing. */
  close() {
    this.#symbol = null;
    this.isStale = false;
    this.#awaitNothing();
    this.#unfollow();
  }

  #unfollow() {
    clearTimeout(this.#timer);
    this.#following?.close();
    this.#following = null;
  }

  #start() {
    this.#unfollow();
    const symbol = this.#symbol;
    if (symbol === null) return;
    // First the feed, then the day: so nothing is missed between the two.
    if (this.#time.isLive) this.#following = this.#store.candles(symbol, (candles) => this.#take(readCandles(candles)));
    if (!this.day.isEmpty) this.#await();
    this.#read();
  }

  /** Say that what is shown is of another second, if what is asked for is late. */
  #await() {
    this.#lateTimer ||= window.setTimeout(() => {
      this.isStale = true;
      this.note = LATE;
      this.#onChange();
    }, LATE_MS);
  }

  #awaitNothing() {
    clearTimeout(this.#lateTimer);
    this.#lateTimer = 0;
  }

  /** @param {Candle[]} candles */
  #take(candles) {
    // A note that there are none is over.
    if (this.day.isEmpty) this.note = "";
    if (this.day.merge(candles)) this.#read();
    this.#onChange();
  }

  #refresh() {
    const isOpen = this.#following !== null && this.#store.connection.state === "open";
    if (!isOpen || document.hidden) return;
    // A gateway that is back may need a moment: what failed before it was there counts no more.
    this.#failures = 0;
    this.#read();
  }

  /** Read the day. One request is made at a time, and the last one is for what is wanted then. */
  #read() {
    clearTimeout(this.#timer);
    this.#isOutdated = this.#isReading;
    if (!this.#isReading) void this.#readNow();
  }

  async #readNow() {
    this.#isReading = true;
    const [symbol, at] = [this.#symbol, this.#time.at];
    const query = at === null ? "" : `?at=${new Date(at).toISOString()}`;
    const path = `api/candles/${encodeURIComponent(symbol ?? "")}${query}`;
    const answer = await askHistory(path).then((response) => response.json()).catch(() => null);
    this.#isReading = false;
    // Time went on meanwhile: what came is shown all the same, so that something is while time plays.
    if (symbol !== null && symbol === this.#symbol && this.#time.isLive === (at === null)) this.#show(answer, symbol, at);
    if (this.#isOutdated && this.#symbol !== null) this.#read();
  }

  /**
   * @param {any} answer null: there was none
   * @param {string} symbol
   * @param {number | null} at the second, Unix milliseconds; null: live
   */
  #show(answer, symbol, at) {
    this.#awaitNothing();
    const hours = readHours(answer?.hours);
    if (hours) {
      // What the feed brought counts as well; the past has no feed.
      if (!this.#time.isLive) this.day = new DayCandles();
      this.day.read(hours, readCandles(answer.candles));
      this.note = this.day.isEmpty ? `No trades of ${symbol} on this day yet.` : noteOf(answer);
      this.isStale = false;
      this.#failures = 0;
      // It was read while time went on.
      if (at !== this.#time.at) this.#await();
    } else {
      this.note = typeof answer?.error === "string" ? sentence(answer.error) : "The candles could not be read.";
      this.isStale = !this.day.isEmpty;
      this.#timer = window.setTimeout(() => this.#read(), Math.min(LONGEST_WAIT_MS, READ_AGAIN_MS * 2 ** this.#failures));
      this.#failures += 1;
    }
    this.#onChange();
  }
}

/**
 * What the answer says of candles that may be missing.
 *
 * @param {{ gaps?: unknown, is_recorded?: unknown }} answer
 */
function noteOf({ gaps, is_recorded: isRecorded }) {
  if (isRecorded === false) return "Nobody records at the moment: new candles may be missing.";
  const last = Array.isArray(gaps) ? gaps.at(-1) : null;
  if (!Number.isFinite(last?.from) || !Number.isFinite(last?.to)) return "";
  return `Candles may be missing from ${minuteOfDay(last.from)} to ${minuteOfDay(last.to)}.`;
}

/** @param {string} reason of the gateway's */
function sentence(reason) {
  return `${reason[0]?.toUpperCase() ?? ""}${reason.slice(1)}.`;
}
