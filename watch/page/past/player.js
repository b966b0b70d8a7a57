// Plays the past: moves the desk's time on, once, ten or sixty times as fast as it passed.

/** @import { DeskTime } from "./desk-time.js" */

/** How many times as fast. @typedef {1 | 10 | 60} Speed */

/** @type {Speed[]} */
export const SPEEDS = [1, 10, 60];

const SECOND_MS = 1_000;
/** The market was published once a second; for faster motion, twice as often is smooth enough. */
const STEP_MS = { 1: 1_000, 10: 500, 60: 500 };

/** Plays until it is paused, or there is no more to play. */
export class Player {
  #time;
  #isReady;
  #end;
  #onChange;
  #timer = 0;
  /** @type {Speed} */
  #speed = 1;
  /** The second from which it plays, Unix milliseconds, and when it began there, milliseconds of performance.now(). */
  #began = { at: 0, when: 0 };
  /** The second that it has shown last. @type {number | null} */
  #shown = null;

  /**
   * @param {DeskTime} time
   * @param {object} options
   * @param {() => boolean} options.isReady whether the second that is wanted is shown: the next one waits for it
   * @param {() => number} options.end returns the last second that can be shown, Unix milliseconds
   * @param {(hasEnded: boolean) => void} options.onChange called when it has begun or stopped, and whether it stopped
   *   because there is no more to play
   */
  constructor(time, { isReady, end, onChange }) {
    this.#time = time;
    this.#isReady = isReady;
    this.#end = end;
    this.#onChange = onChange;
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
    const { at } = this.#time;
    if (at === null) {
      this.#onChange(false);
      return;
    }
    this.#began = { at, when: performance.now() };
    this.#shown = at;
    this.#timer = window.setInterval(() => this.#step(), STEP_MS[this.#speed]);
  }

  #step() {
    if (!this.#isReady()) return;
    const passed = (performance.now() - this.#began.when) * this.#speed;
    const end = this.#end();
    const at = Math.min(this.#began.at + passed, end);
    this.#shown = Math.floor(at / SECOND_MS) * SECOND_MS;
    this.#time.show(this.#shown);
    if (at >= end) this.#stop(true);
  }

  /** @param {boolean} hasEnded */
  #stop(hasEnded) {
    if (!this.isPlaying) return;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#onChange(hasEnded);
  }
}
