// The form of a board's filters, in a popup.

import { make, makeText } from "../../elements.js";
import { FILTERS, limitsOf, mistakeIn } from "./filters.js";
import { PRESETS, isSet, toggled } from "./usual-filters.js";

/** @import { Filter, Texts } from "./filters.js" */
/** @import { Preset } from "./usual-filters.js" */

/** Shows what a board is filtered by, and says what the user changes. */
export class FilterForm {
  element = make("form", "filters");
  #onChange;
  /** @type {Texts} */
  #texts = {};
  #inputs = FILTERS.map((filter) => filterInput(filter));
  #presets = PRESETS.map((preset) => ({ preset, button: this.#presetButton(preset) }));
  #mistake = make("output", "mistake");
  #searched = make("p", "searched");

  /**
   * @param {object} options
   * @param {(texts: Texts) => void} options.onChange called with all texts whenever the user has changed one
   * @param {() => void} options.onEverywhere called when the user wants all boards to have these filters
   * @param {() => void} options.onWholeMarket called when the user wants the whole market searched
   */
  constructor({ onChange, onEverywhere, onWholeMarket }) {
    this.#onChange = onChange;
    const presets = make("div", "presets", { role: "group", "aria-label": "Presets" });
    presets.append(...this.#presets.map((each) => each.button));
    const fields = make("div", "filter-fields");
    FILTERS.forEach(({ title }, i) => {
      const label = makeText("label", "", title);
      label.append(this.#inputs[i]);
      fields.append(label);
    });
    const actions = make("div", "actions");
    actions.append(
      button("Clear all", () => this.#change({})),
      button("Use on all boards", onEverywhere),
      button("Search the whole market", onWholeMarket),
    );
    this.element.append(presets, fields, this.#mistake, this.#searched, actions);
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.element.addEventListener("input", () => {
      this.#change(Object.fromEntries(this.#inputs.map(({ name, value }) => [name, value])));
    });
  }

  /** @param {string} text what the filters choose from, in a sentence: it changes as rows come */
  saySearched(text) {
    if (this.#searched.textContent !== text) this.#searched.textContent = text;
  }

  /** @param {Texts} texts of the filters */
  show(texts) {
    this.#texts = texts;
    for (const input of this.#inputs) {
      const text = texts[input.name] ?? "";
      if (input.value !== text) input.value = text;
    }
    this.#mark();
  }

  /** @param {Texts} texts */
  #change(texts) {
    this.#texts = texts;
    this.#onChange(texts);
    this.#mark();
  }

  #mark() {
    const limits = limitsOf(this.#texts);
    for (const input of this.#inputs) {
      input.classList.toggle("set", limits.has(input.name));
      if (limits.get(input.name) === null) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    for (const { preset, button: each } of this.#presets) each.ariaPressed = String(isSet(this.#texts, preset));
    const mistake = mistakeIn(this.#texts, limits);
    if (this.#mistake.value !== mistake) this.#mistake.value = mistake;
  }

  /** @param {Preset} preset */
  #presetButton(preset) {
    const made = button(preset.title, () => {
      this.#change(toggled(this.#texts, preset));
      this.show(this.#texts);
    });
    made.title = preset.about;
    return made;
  }
}

/** @param {Filter} filter */
function filterInput({ name, example, isShort }) {
  return make("input", "", {
    name,
    placeholder: example,
    autocomplete: "off",
    spellcheck: "false",
    size: "6",
    // A phone's keys for numbers have no K and no M.
    inputmode: isShort ? "decimal" : "text",
  });
}

/**
 * @param {string} text
 * @param {() => void} onClick
 */
function button(text, onClick) {
  const made = makeText("button", "", text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
