// The form of the filters. The browser stores them, and the address has them, so that a view can be shared.

import { byId } from "../elements.js";
import { browserStorage } from "../storage.js";
import { FILTERS, mistakeIn, parseNumber, passesAll } from "./filters.js";

/** @import { Row } from "../row.js" */

const STORED_AS = "filters";

/** Tells which rows pass, at first and whenever the user changes a filter. */
export class FilterForm {
  #form = byId("filters", HTMLFormElement);
  #clear = byId("clear", HTMLButtonElement);
  #mistake = byId("mistake", HTMLOutputElement);
  #inputs = FILTERS.map((name) => byId(name, HTMLInputElement));
  #onChange;

  /** @param {(passes: (row: Row) => boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    const texts = initialTexts();
    for (const input of this.#inputs) {
      const text = texts[input.name];
      if (typeof text === "string") input.value = text;
      input.autocomplete = "off";
      input.spellcheck = false;
      input.size = 6;
    }
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("input", () => this.#update());
    this.#form.addEventListener("reset", (event) => {
      // A reset would bring back the texts that the page was loaded with.
      event.preventDefault();
      for (const input of this.#inputs) input.value = "";
      this.#update();
    });
    this.#update();
  }

  #update() {
    const trimmed = this.#inputs.map(({ name, value }) => /** @type {const} */ ([name, value.trim()]));
    const texts = new Map(trimmed.filter(([, text]) => text !== ""));
    const limits = new Map([...texts].map(([name, text]) => [name, parseNumber(text)]));
    this.#mark(limits);
    this.#tell(mistakeIn(texts, limits));
    this.#clear.disabled = texts.size === 0;
    store(texts);
    this.#onChange(passesAll(limits));
  }

  /** @param {Map<string, number | null>} limits */
  #mark(limits) {
    for (const input of this.#inputs) {
      input.classList.toggle("set", limits.has(input.name));
      if (limits.get(input.name) === null) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  /** @param {string} mistake */
  #tell(mistake) {
    if (this.#mistake.value !== mistake) this.#mistake.value = mistake;
  }
}

/**
 * The address's filters, where it has any, else the stored ones.
 *
 * @returns {Record<string, unknown>}
 */
function initialTexts() {
  const address = new URL(location.href).searchParams;
  if (FILTERS.some((name) => address.has(name))) return Object.fromEntries(address);
  return browserStorage.json(STORED_AS) ?? {};
}

/** @param {Map<string, string>} texts */
function store(texts) {
  browserStorage.set(STORED_AS, JSON.stringify(Object.fromEntries(texts)));
  const url = new URL(location.href);
  for (const name of FILTERS) {
    const text = texts.get(name);
    if (text === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, text);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
