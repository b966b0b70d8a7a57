// Plays the past: moves the desk's time on, once, ten or sixty times as fast as it passed.

/** @import { PastAhead, Second } from "../store/past-ahead.js" */
/** @import { DeskTime } from "./desk-time.js" */

/** How many times as fast. @typedef {1 | 10 | 60} Speed */

/** @type {Speed[]} */
export const SPEEDS = [1, 10, 60];

const SECOND_MS = 1_000;
/** How often it is looked whether another second is due. */
const LOOK_EVERY_MS = 100;
/** Once its data has come, a second that was due is shown at once; what is due then is not more than this long ago. */
const MOST_DUE_MS = 500;
/** The pace is that of so long a time. */
const PACE_MS = 5_000;
/** Of the speed: a slower pace is said. */
const SLOW = 0.8;

/** Plays until it is paused, or there is no more to play. It is paced by its data, and never ahead of them. */
export class Player {
  #time;
  #ahead;
  #end;
  #onSecond;
  #onChange;
  #onPace;
  #timer = 0;
  /** @type {Speed} */
  #speed = 1;
  /** The second from which it plays, Unix milliseconds, and when it began there, milliseconds of performance.now(). */
  #began = { at: 0, when: 0 };
  /** The second that it has shown last. */
  #shown = 0;
  /** What it had shown when, since when its pace is measured; null: nothing was due yet. @type {{ at: number, when: number } | null} */
  #measured = null;

  /**
   * @param {DeskTime} time
   * @param {object} options
   * @param {Pick<PastAhead, "start" | "stop" | "take" | "hasNext">} options.ahead reads what is played
   * @param {() => number} options.end returns the last second that can be shown, Unix milliseconds
   * @param {(second: Second) => void} options.onSecond called with a second before the desk's time moves on to it
   * @param {(hasEnded: boolean) => void} options.onChange called when it has begun or stopped, and whether it stopped
   *   because there is no more to play
   * @param {(pace: number | null) => void} options.onPace called with how many times as fast it really plays, where that
   *   is noticeably slower; null: it is not
   */
  constructor(time, { ahead, end, onSecond, onChange, onPace }) {
    this.#time = time;
    this.#ahead = ahead;
    this.#end = end;
    this.#onSecond = onSecond;
    this.#onChange = onChange;
    this.#onPace = onPace;
    time.watch(() => {
      // Somebody went elsewhere: it goes on from there.
      if (this.isPlaying && time.at !== this.#shown) this.#begin();
    });
  }

  get isPlaying() {
    return this.#timer !== 0;
  }

  get speed() {
    return this.#speed;
  }

  set speed(speed) {
    this.#speed = speed;
    if (this.isPlaying) this.#begin();
  }

  /** Play from the second that the desk shows. */
  play() {
    if (this.isPlaying) return;
    this.#begin();
    if (this.isPlaying) this.#onChange(false);
  }

  pause() {
    this.#stop(false);
  }

  #begin() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#onPace(null);
    const { at } = this.#time;
    if (at === null) {
      this.#ahead.stop();
      this.#onChange(false);
      return;
    }
    this.#shown = at;
    this.#began = { at, when: performance.now() };
    this.#measured = null;
    this.#ahead.start({ from: at, speed: this.#speed, end: this.#end });
    this.#timer = window.setInterval(() => this.#step(), LOOK_EVERY_MS);
  }

  #step() {
    const now = performance.now();
    const end = Math.floor(this.#end() / SECOND_MS) * SECOND_MS;
    const due = Math.min(this.#began.at + (now - this.#began.when) * this.#speed, end);
    const second = this.#ahead.take(due, this.#shown);
    if (second) this.#show(second);
    else if (!this.#ahead.hasNext && this.#shown < end) this.#wait(due, now);
    this.#sayPace(now);
    if (this.#shown >= end) this.#stop(true);
  }

  /** @param {Second} second */
  #show(second) {
    this.#shown = second.at;
    this.#measured ??= { at: second.at, when: performance.now() };
    this.#onSecond(second);
    this.#time.show(second.at);
  }

  /**
   * Let no time pass: what is due next has not come.
   *
   * @param {number} due the second that is, Unix milliseconds
   * @param {number} now
   */
  #wait(due, now) {
    if (due - this.#shown <= MOST_DUE_MS * this.#speed) return;
    this.#began = { at: this.#shown, when: now - MOST_DUE_MS };
  }

  /** @param {number} now */
  #sayPace(now) {
    if (this.#measured === null) return;
    const passed = now - this.#measured.when;
    if (passed < PACE_MS) return;
    const pace = (this.#shown - this.#measured.at) / passed;
    this.#measured = { at: this.#shown, when: now };
    this.#onPace(pace < SLOW * this.#speed ? pace : null);
  }

  /** @param {boolean} hasEnded */
  #stop(hasEnded) {
    if (!this.isPlaying) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#ahead.stop();
    this.#onPace(null);
    this.#onChange(hasEnded);
  }
}
