// A sentence at the foot of the page that says what was just done. Screen readers say it too.

import { byId, makeText } from "../elements.js";

/** What can be done about it, and by which key, as the help names it. @typedef {{ title: string, key?: string, run: () => void }} Offer */

const SHOWN_MS = 4_000;
/** An offer takes longer to decide on. It stays while the pointer or the keyboard is at it. */
const OFFERED_MS = 12_000;

/** Shows one sentence at a time. */
export class Notice {
  #element = byId("notice", HTMLElement);
  #timer = 0;

  /**
   * @param {string} sentence
   * @param {Offer} [offer]
   */
  say(sentence, offer) {
    clearTimeout(this.#timer);
    this.#place();
    this.#element.textContent = sentence;
    if (offer) this.#element.append(this.#button(offer));
    this.#timer = window.setTimeout(() => this.#end(), offer ? OFFERED_MS : SHOWN_MS);
  }

  /** Behind an open dialog nobody would see or hear it; within one that has closed, neither. */
  #place() {
    const dialog = document.querySelector("dialog:modal");
    const place = dialog ?? document.body;
    if (this.#element.parentElement === place) return;
    place.append(this.#element);
    dialog?.addEventListener("close", () => document.body.append(this.#element), { once: true });
  }

  /** @param {Offer} offer */
  #button({ title, key, run }) {
    const button = makeText("button", "", title);
    button.type = "button";
    if (key) button.title = `${title}. Shortcut: ${key}`;
    button.addEventListener("click", run);
    return button;
  }

  #end() {
    if (this.#element.matches(":hover, :focus-within")) this.#timer = window.setTimeout(() => this.#end(), SHOWN_MS);
    else this.#element.replaceChildren();
  }
}
