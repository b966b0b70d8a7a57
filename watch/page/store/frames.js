// Gathers what changes the page, and does it in as few frames as possible: while it is scrolled one thing a frame.

/** @import { Feed } from "./store.js" */

/**
 * What a tick changes comes within so long, and is drawn together: to draw anything at all costs the browser as much as to
 * change a board.
 */
const GATHERED_MS = 100;
/** For so long views are called in one frame, so that a click need not wait longer. */
const DRAWN_MS = 30;
/** For so long after it was scrolled, the page counts as being scrolled. */
const SCROLLING_MS = 300;
/** What has waited for so long takes turns with what is scrolled. */
const PATIENCE_MS = 250;

/**
 * What is to be done in a frame.
 *
 * @typedef {object} Job
 * @property {() => void} run
 * @property {boolean} isFirst whether it is of what is scrolled
 * @property {boolean} drawsLater whether it draws in the frame after it
 * @property {number} since when it waits, milliseconds of performance.now()
 */

/**
 * Delivers feeds to their views, and renders rows that are scrolled. While the page is scrolled one of them a frame: the
 * browser takes longer to draw a board than the view to change it.
 */
export class Frames {
  /** By whom they are of, those that wait longest first. @type {Map<object, Job>} */
  #waiting = new Map();
  /** Whether a frame was asked for. */
  #willDraw = false;
  /** Runs while jobs are gathered; 0: it does not. */
  #timer = 0;
  /** Whether the last job was of what is scrolled. */
  #wasFirst = false;
  /** Whether the next frame is that of a view that draws later. */
  #isTaken = false;
  /** When anything on the page was scrolled last, milliseconds of performance.now(). */
  #scrolledAt = -Infinity;

  constructor() {
    document.addEventListener("scroll", () => this.#onScroll(), { capture: true, passive: true });
  }

  /** Whether something on the page is being scrolled. */
  get isScrolling() {
    return performance.now() - this.#scrolledAt < SCROLLING_MS;
  }

  #onScroll() {
    this.#scrolledAt = performance.now();
    if (this.#timer) this.#drawNext();
  }

  /** @param {Feed} feed whose views are to be called */
  deliver(feed) {
    this.add(feed, () => feed.deliver(), { drawsLater: feed.drawsLater });
  }

  /** @param {Feed} feed whose views are to be called, with what else comes with the same tick */
  gather(feed) {
    this.add(feed, () => feed.deliver(), { drawsLater: feed.drawsLater, mayWait: true });
  }

  /**
   * Run a job in one of the next frames. A job that somebody has waiting already is replaced, and keeps its place.
   *
   * @param {object} whose
   * @param {() => void} run
   * @param {object} kind
   * @param {boolean} [kind.isFirst] whether it goes before others: it is of what is scrolled
   * @param {boolean} [kind.drawsLater] whether it draws in the frame after it, which is left to it
   * @param {boolean} [kind.mayWait] whether more is gathered before
   */
  add(whose, run, { isFirst = false, drawsLater = false, mayWait = false } = {}) {
    const since = this.#waiting.get(whose)?.since ?? performance.now();
    this.#waiting.set(whose, { run, isFirst, drawsLater, since });
    if (!mayWait || this.isScrolling) this.#drawNext();
    else if (!this.#willDraw) this.#timer ||= window.setTimeout(() => this.#drawNext(), GATHERED_MS);
  }

  /** Draw in the next frame. */
  #drawNext() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#willDraw) return;
    this.#willDraw = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#willDraw = false;
    const began = performance.now();
    const isScrolling = this.isScrolling;
    const isTaken = this.#isTaken && isScrolling;
    this.#isTaken = false;
    while (this.#waiting.size > 0 && !isTaken) {
      this.#runNext(began);
      // The others come with the next frames.
      if (isScrolling || performance.now() - began >= DRAWN_MS) break;
    }
    if (this.#waiting.size > 0) this.#drawNext();
  }

  /** @param {number} now milliseconds of performance.now() */
  #runNext(now) {
    const jobs = [...this.#waiting];
    const first = jobs.find(([, job]) => job.isFirst);
    const other = jobs.find(([, job]) => !job.isFirst);
    const isOthersTurn = other !== undefined && this.#wasFirst && now - other[1].since > PATIENCE_MS;
    const [whose, { run, isFirst, drawsLater }] = (isOthersTurn ? other : first ?? other) ?? jobs[0];
    this.#wasFirst = isFirst;
    this.#isTaken = drawsLater;
    this.#waiting.delete(whose);
    run();
  }
}
