// Layouts that the user has kept under a name. The browser stores them.

import { freeName } from "../free-name.js";
import { browserStorage } from "../storage.js";
import { readLayout } from "./desk-layout.js";

/** @import { LayoutSettings } from "./desk-layout.js" */

const STORED_AS = "layouts";
export const MOST = 50;
export const LONGEST_NAME = 40;

/** Layouts by name. */
export class NamedLayouts {
  /** By name, in the order in which they were first kept. */
  all() {
    return readLayouts(browserStorage.json(STORED_AS));
  }

  /**
   * Keep a layout, in the place of the one that has this name.
   *
   * @param {string} name
   * @param {LayoutSettings} settings
   * @returns {boolean} whether there was room
   */
  keep(name, settings) {
    const layouts = this.all().set(name, settings);
    if (layouts.size > MOST) return false;
    this.#store(layouts);
    return true;
  }

  /** @param {string} name */
  remove(name) {
    const layouts = this.all();
    layouts.delete(name);
    this.#store(layouts);
  }

  /**
   * Keep the layouts of a file. None is lost: a name that is taken by another layout gets a number.
   *
   * @param {Map<string, LayoutSettings>} layouts
   */
  merge(layouts) {
    const all = this.all();
    for (const [name, settings] of layouts) {
      const isKept = JSON.stringify(all.get(name)) === JSON.stringify(settings);
      if (!isKept) all.set(freeName(name, [...all.keys()]), settings);
    }
    this.#store(all);
  }

  /** @param {Map<string, LayoutSettings>} layouts */
  #store(layouts) {
    browserStorage.set(STORED_AS, JSON.stringify(Object.fromEntries(layouts)));
  }
}

/**
 * Layouts that were stored or imported.
 *
 * @param {unknown} value
 * @returns {Map<string, LayoutSettings>} those that are valid, by name
 */
export function readLayouts(value) {
  const layouts = new Map();
  for (const [name, settings] of Object.entries(Object(value))) {
    const layout = readLayout(settings);
    const short = name.trim().slice(0, LONGEST_NAME);
    if (layout && short && layouts.size < MOST) layouts.set(short, layout);
  }
  return layouts;
}
