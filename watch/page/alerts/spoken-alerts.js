// Has screen readers say which alerts have fired, but not so often that they say nothing else.

import { make } from "../elements.js";
import { summary } from "./announcer.js";

/** @import { Alert } from "../store/alert-feed.js" */

const EVERY_MS = 10_000;

/** Says the first alert at once, and those that follow together. */
export class SpokenAlerts {
  element = make("p", "hidden", { role: "status" });
  /** Newest first. @type {Alert[]} */
  #waiting = [];
  #timer = 0;

  /** @param {Alert[]} alerts newest first */
  say(alerts) {
    this.#waiting.unshift(...alerts);
    if (this.#timer === 0) this.#speak();
  }

  #speak() {
    this.element.textContent = summary(this.#waiting);
    this.#waiting = [];
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      if (this.#waiting.length > 0) this.#speak();
    }, EVERY_MS);
  }
}
