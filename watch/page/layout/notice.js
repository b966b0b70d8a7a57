// A sentence at the foot of the page that says what was just done. Screen readers say it too.

import { byId } from "../elements.js";

const SHOWN_MS = 4_000;

/** Shows one sentence at a time. */
export class Notice {
  #element = byId("notice", HTMLElement);
  #timer = 0;

  /** @param {string} sentence */
  say(sentence) {
    clearTimeout(this.#timer);
    // Behind an open dialog nobody would see or hear it.
    const place = document.querySelector("dialog:modal") ?? document.body;
    if (this.#element.parentElement !== place) place.append(this.#element);
    this.#element.textContent = sentence;
    this.#timer = window.setTimeout(() => this.#element.replaceChildren(), SHOWN_MS);
  }
}
