// The user's layouts and watchlists as a file, for another browser or machine.

import { readLists } from "../watchlist/lists.js";
import { readLayout } from "./desk-layout.js";
import { readLayouts } from "./named-layouts.js";

/** @import { LayoutSettings } from "./desk-layout.js" */
/** @import { List } from "../watchlist/lists.js" */

const FORMAT = "live-leaderboards-layouts";
const VERSION = 1;

/**
 * @typedef {object} LayoutFile
 * @property {LayoutSettings} layout the one that was shown
 * @property {Map<string, LayoutSettings>} layouts by name
 * @property {List[]} watchlists
 */

/**
 * @param {LayoutFile} file
 * @returns {string}
 */
export function writeLayoutFile({ layout, layouts, watchlists }) {
  const content = { format: FORMAT, version: VERSION, layout, layouts: Object.fromEntries(layouts), watchlists };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * @param {string} text
 * @returns {LayoutFile | string} why it is none, in a sentence
 */
export function readLayoutFile(text) {
  /** @type {any} */
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return "This file is no JSON.";
  }
  if (content?.format !== FORMAT) return "This file holds no layouts.";
  if (content.version !== VERSION) return "This file is of a newer release.";
  return {
    layout: readLayout(content.layout) ?? {},
    layouts: readLayouts(content.layouts),
    watchlists: readLists(content.watchlists),
  };
}
