// The filters of a board in its heading, and what they leave out. A click removes one.

import { make, makeText } from "../../elements.js";
import { chipText } from "./filtered-rows.js";
import { FILTERS } from "./filters.js";

/** @import { Filtered } from "./filtered-rows.js" */
/** @import { Texts } from "./filters.js" */

/** A filter's button. @typedef {{ name: string, element: HTMLElement, words: HTMLElement, sign: HTMLElement }} Chip */

const REMOVES = "Click to remove this filter.";
const WAITS = `Too little has been traded or come for this filter yet, so all symbols are shown. ${REMOVES}`;

/** One button for each filter that is set. */
export class FilterChips {
  element = make("div", "chips", { role: "group", "aria-label": "Filters" });
  #onRemove;
  #onNone;
  /** @type {Chip[]} */
  #chips = [];

  /**
   * @param {(name: string) => void} onRemove called with the name of the filter that the user removed
   * @param {() => void} onNone called when the last one is removed, and the keyboard has to go elsewhere
   */
  constructor(onRemove, onNone) {
    this.#onRemove = onRemove;
    this.#onNone = onNone;
    this.element.hidden = true;
  }

  /**
   * @param {Texts} texts of the filters
   * @param {Filtered} filtered what they do
   */
  show(texts, filtered) {
    const set = FILTERS.filter(({ name }) => texts[name]?.trim());
    if (set.map(({ name }) => name).join() !== this.#chips.map(({ name }) => name).join()) {
      this.#make(set.map(({ name }) => name));
    }
    set.forEach((filter, i) => {
      const { words, isWaiting, hides } = chipText(filter, texts[filter.name].trim(), filtered);
      const { element, words: shown, sign } = this.#chips[i];
      setText(shown, words);
      setText(sign, hides ? "Show" : "\u00d7");
      sign.className = hides ? "show" : "cross";
      element.classList.toggle("waits", isWaiting);
      element.title = isWaiting ? WAITS : REMOVES;
    });
  }

  /** @param {string[]} names */
  #make(names) {
    const isFocused = this.element.contains(document.activeElement);
    this.#chips = names.map((name) => this.#chip(name));
    this.element.replaceChildren(...this.#chips.map(({ element }) => element));
    this.element.hidden = names.length === 0;
    if (!isFocused) return;
    if (names.length > 0) this.element.querySelector("button")?.focus();
    else this.#onNone();
  }

  /**
   * @param {string} name
   * @returns {Chip}
   */
  #chip(name) {
    const element = make("button", "chip", { type: "button" });
    const words = make("span");
    const sign = make("span", "cross", { "aria-hidden": "true" });
    element.append(makeText("span", "hidden", "Remove "), words, sign);
    element.addEventListener("click", () => this.#onRemove(name));
    return { name, element, words, sign };
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
