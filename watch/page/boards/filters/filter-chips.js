// The filters of a board in its heading. A click removes one.

import { make, makeText } from "../../elements.js";
import { FILTERS } from "./filters.js";

/** @import { Texts } from "./filters.js" */

/** One button for each filter that is set. */
export class FilterChips {
  element = make("div", "chips", { role: "group", "aria-label": "Filters" });
  #onRemove;
  #shown = "";

  /** @param {(name: string) => void} onRemove called with the name of the filter that the user removed */
  constructor(onRemove) {
    this.#onRemove = onRemove;
    this.element.hidden = true;
  }

  /**
   * @param {Texts} texts
   * @param {boolean} floorWaits whether the floor of volume lets all pass for want of volume
   */
  show(texts, floorWaits) {
    const shown = JSON.stringify([texts, floorWaits]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const set = FILTERS.filter(({ name }) => texts[name]?.trim());
    const isFocused = this.element.contains(document.activeElement);
    this.element.replaceChildren(...set.map(({ name, title }) => {
      const words = `${title} ${texts[name].trim()}`;
      return this.#chip(name, words, floorWaits && name === "min_volume");
    }));
    this.element.hidden = set.length === 0;
    if (isFocused) this.element.querySelector("button")?.focus();
  }

  /**
   * @param {string} name
   * @param {string} words
   * @param {boolean} waits
   */
  #chip(name, words, waits) {
    const chip = make("button", waits ? "chip waits" : "chip", { type: "button" });
    chip.title = waits
      ? "Fewer than ten symbols have traded as much yet, so all are shown. Click to remove this filter."
      : "Click to remove this filter.";
    chip.append(makeText("span", "hidden", "Remove "), words, makeText("span", "cross", "\u00d7"));
    if (chip.lastElementChild) chip.lastElementChild.ariaHidden = "true";
    chip.addEventListener("click", () => this.#onRemove(name));
    return chip;
  }
}
