// The arrangement of the whole desk: the settings of all of its panels.

/** @import { Step } from "../undo.js" */
/** @import { Panel } from "./panel.js" */

/** Settings by panel; a panel that is as usual is missing. @typedef {Record<string, object>} LayoutSettings */

/** Takes the panels' settings together, and gives each its own. */
export class DeskLayout {
  /** @type {Map<string, Pick<Panel, "settings" | "apply">>} */
  #panels = new Map();
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {string} name its settings' in addresses, which is short
   * @param {Pick<Panel, "settings" | "apply">} panel
   */
  add(name, panel) {
    this.#panels.set(name, panel);
  }

  /** @param {() => void} listener called when the layout has changed */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /** A panel's settings have changed. */
  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** @returns {LayoutSettings} */
  get settings() {
    const all = [...this.#panels].map(([name, panel]) => /** @type {const} */ ([name, panel.settings()]));
    return Object.fromEntries(all.filter(([, settings]) => Object.keys(settings).length > 0));
  }

  /**
   * Arrange the desk. Panels that the settings do not name become as usual.
   *
   * @param {LayoutSettings} settings
   */
  apply(settings) {
    for (const [name, panel] of this.#panels) panel.apply(settings[name] ?? {});
    this.changed();
  }

  /**
   * Arrange the desk, as `apply` does.
   *
   * @param {LayoutSettings} settings
   * @returns {Step} brings the arrangement back that was shown before
   */
  replace(settings) {
    const before = this.settings;
    this.apply(settings);
    return () => this.replace(before);
  }
}

/**
 * Settings from an address, a file or the browser.
 *
 * @param {unknown} value
 * @returns {LayoutSettings | null} null: they are none. What is in them is read by the panels.
 */
export function readLayout(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const isValid = Object.values(value).every((settings) => typeof settings === "object" && settings !== null);
  return isValid ? /** @type {LayoutSettings} */ (value) : null;
}
