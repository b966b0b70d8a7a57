// Layouts that the user has kept under a name. The browser stores them.

import { freeName } from "../free-name.js";
import { browserStorage } from "../storage.js";
import { together } from "../undo.js";
import { readLayout } from "./desk-layout.js";

/** @import { Step } from "../undo.js" */
/** @import { LayoutSettings } from "./desk-layout.js" */

/**
 * What became of layouts of a file.
 *
 * @typedef {object} Merged
 * @property {number} taken
 * @property {number} known that were there already
 * @property {number} leftOut for which there is no room
 * @property {Step} step takes them out again
 */

const STORED_AS = "layouts";
export const MOST = 50;
export const LONGEST_NAME = 40;
/** What is kept without its user's doing: the newest arrangement that a preset has replaced. */
const REPLACED = "Before the last preset";

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
   * @returns {Step | null} brings back what had the name; null: there was no room
   */
  keep(name, settings) {
    const layouts = this.all();
    return layouts.has(name) || layouts.size < MOST ? this.#set(name, settings) : null;
  }

  /**
   * Keep an arrangement that a preset replaces, unless it is kept already.
   *
   * @param {LayoutSettings} settings
   * @returns {Step} takes that back
   */
  keepReplaced(settings) {
    const text = JSON.stringify(settings);
    const isKept = [...this.all().values()].some((each) => JSON.stringify(each) === text);
    return (isKept ? null : this.keep(REPLACED, settings)) ?? together([]);
  }

  /**
   * @param {string} name
   * @returns {Step} brings it back
   */
  remove(name) {
    return this.#set(name, undefined);
  }

  /**
   * Keep the layouts of a file. None is lost: a name that is taken by another layout gets a number.
   *
   * @param {Map<string, LayoutSettings>} layouts
   * @returns {Merged}
   */
  merge(layouts) {
    const before = this.all();
    const fresh = [...layouts].filter(([name, settings]) => JSON.stringify(before.get(name)) !== JSON.stringify(settings));
    const steps = fresh.flatMap(([name, settings]) => this.keep(freeName(name, [...this.all().keys()]), settings) ?? []);
    return {
      taken: steps.length,
      known: layouts.size - fresh.length,
      leftOut: fresh.length - steps.length,
      step: together(steps.reverse()),
    };
  }

  /**
   * @param {string} name
   * @param {LayoutSettings | undefined} settings undefined: there is to be none of the name
   * @returns {Step}
   */
  #set(name, settings) {
    const layouts = this.all();
    const before = layouts.get(name);
    if (settings) layouts.set(name, settings);
    else layouts.delete(name);
    browserStorage.set(STORED_AS, JSON.stringify(Object.fromEntries(layouts)));
    return () => this.#set(name, before);
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
    if (layout && short) layouts.set(short, layout);
  }
  return layouts;
}
