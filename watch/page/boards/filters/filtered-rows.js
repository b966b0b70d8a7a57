// The rows of a board that pass its filters, and what is to be said of those that do not.

import { awaitedFilters, limitsOf, passesAll } from "./filters.js";
import { floorWaits } from "./usual-filters.js";

/** @import { Row } from "../../row.js" */
/** @import { Filter, Limits, Texts } from "./filters.js" */

/**
 * @typedef {object} Filtered
 * @property {Row[]} rows that pass
 * @property {number} of rows that pass all filters but the floor of volume
 * @property {number} hidden how many of those the floor of volume leaves out
 * @property {boolean} floorWaits whether the floor lets all pass, because next to nothing would
 * @property {string[]} awaited names of the filters that let all pass, because what they test has not come yet
 */

/**
 * @param {Row[]} all
 * @param {Texts} texts of the filters
 * @param {string} changeField the board's change in percent
 * @returns {Filtered}
 */
export function filteredRows(all, texts, changeField) {
  const limits = limitsOf(texts);
  const awaited = awaitedFilters(limits, all, changeField);
  for (const name of awaited) limits.delete(name);
  const floor = limits.get("min_volume") ?? null;
  limits.delete("min_volume");
  const passing = all.filter(passesAll(limits, changeField));
  const waits = floor !== null && floorWaits(texts, passing);
  const rows = floor === null || waits ? passing : passing.filter(passesAll(onlyFloor(floor), changeField));
  return { rows, of: passing.length, hidden: passing.length - rows.length, floorWaits: waits && all.length > 0, awaited };
}

/**
 * @param {number} floor
 * @returns {Limits}
 */
function onlyFloor(floor) {
  return new Map([["min_volume", floor]]);
}

/**
 * What a filter does to the board, for its chip.
 *
 * @param {Filter} filter that is set
 * @param {string} text of it
 * @param {Filtered} filtered
 * @returns {{ words: string, isWaiting: boolean, hides: boolean }} hides: it is a floor of volume that says what it
 *   leaves out
 */
export function chipText(filter, text, { of, hidden, floorWaits: waits, awaited }) {
  const limit = limitsOf({ [filter.name]: text }).get(filter.name) ?? null;
  const isFloor = filter.name === "min_volume" && limit !== null;
  const words = limit === null ? `${filter.title} ${text}` : limitText(filter, text, limit);
  if (awaited.includes(filter.name)) return { words: `${words}: waits for data`, isWaiting: true, hides: false };
  if (!isFloor) return { words, isWaiting: false, hides: false };
  if (waits) return { words: `${words}: begins when ten have it`, isWaiting: true, hides: false };
  return { words: `${words}: ${hidden} of ${of} hidden`, isWaiting: false, hides: hidden > 0 };
}

/**
 * `Price \u2264 20`, `50K+ volume`.
 *
 * @param {Filter} filter
 * @param {string} text of it
 * @param {number} limit what that means
 */
function limitText({ name, short, kind }, text, limit) {
  if (name === "min_volume") return `${text.toUpperCase()}+ volume`;
  const isMost = kind === "most" || (kind === "change" && limit < 0);
  return `${short} ${isMost ? "\u2264" : "\u2265"} ${kind === "change" ? `${limit}%` : text.toUpperCase()}`;
}
