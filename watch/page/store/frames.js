// Calls views once a frame, and never for long: the browser has to draw what they change.

/** @import { Feed } from "./store.js" */

/** For so long views are called in one frame: the browser needs as long again to draw what has changed. */
const DRAWN_MS = 6;
/** For so long after it was scrolled, the page counts as being scrolled. */
const SCROLLING_MS = 300;

/** Delivers feeds to their views. */
export class Frames {
  /** Those whose views are called in the next frame. @type {Set<Feed>} */
  #waiting = new Set();
  #willDraw = false;
  /** When anything on the page was scrolled last, milliseconds of performance.now(). */
  #scrolledAt = -Infinity;

  constructor() {
    document.addEventListener("scroll", () => (this.#scrolledAt = performance.now()), { capture: true, passive: true });
  }

  /** @param {Feed} feed whose views are to be called */
  deliver(feed) {
    this.#waiting.add(feed);
    this.#drawLater();
  }

  #drawLater() {
    if (this.#willDraw) return;
    this.#willDraw = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#willDraw = false;
    const began = performance.now();
    // While somebody scrolls, one feed a frame: the browser takes longer to draw a board than the view to change it.
    const longest = began - this.#scrolledAt < SCROLLING_MS ? 0 : DRAWN_MS;
    for (const feed of [...this.#waiting]) {
      this.#waiting.delete(feed);
      feed.deliver();
      // The others come with the next frames.
      if (performance.now() - began >= longest) break;
    }
    if (this.#waiting.size > 0) this.#drawLater();
  }
}
