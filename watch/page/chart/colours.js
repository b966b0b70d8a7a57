// The theme's colours, for what is drawn on a canvas.

import { make } from "../elements.js";

/** @typedef {"text" | "muted" | "line" | "surface" | "up" | "down" | "vwap" | "shade" | "volume-up" | "volume-down"} ColourName */
/** By name, as a canvas takes them. @typedef {Record<ColourName, string>} Colours */

/** @type {ColourName[]} */
const NAMES = ["text", "muted", "line", "surface", "up", "down", "vwap", "shade", "volume-up", "volume-down"];

/** Reads what the custom properties of an element are at the moment, in dark and light, with more contrast or less. */
export class ThemeColours {
  #probe = make("span", "colour-probe");

  /**
   * @param {HTMLElement} element whose properties `--text`, `--muted` and so on are read
   * @param {() => void} onChange called when the theme has changed
   */
  constructor(element, onChange) {
    this.#probe.hidden = true;
    element.append(this.#probe);
    const chosen = new MutationObserver(onChange);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    for (const query of ["(prefers-color-scheme: light)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
      window.matchMedia(query).addEventListener("change", onChange);
    }
  }

  /** @returns {Colours} */
  read() {
    const colours = NAMES.map((name) => {
      // A custom property is text: only a property that uses it knows the colour.
      this.#probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(this.#probe).color];
    });
    return Object.fromEntries(colours);
  }
}
