// The filters that a board has unless its user chose others, and those that are one click away.

import { limitsOf, passesAll } from "./filters.js";

/** @import { Row } from "../../row.js" */
/** @import { Texts } from "./filters.js" */

/** @typedef {{ title: string, about: string, texts: Texts }} Preset */

/** What day traders look for first. @type {Preset[]} */
export const PRESETS = [
  { title: "$2\u201320", about: "Price from 2 to 20 dollars", texts: { min_price: "2", max_price: "20" } },
  { title: "Float \u2264 20M", about: "At most 20 million shares are free to trade", texts: { max_float: "20M" } },
  { title: "RVol \u2265 5", about: "Five times the usual volume by this time of day", texts: { min_rvol: "5" } },
  { title: "+10%", about: "Up by 10 percent or more", texts: { min_change: "10" } },
];

/** @type {Texts} */
const FLOOR = { min_volume: "50K" };
/** Early in the morning next to nothing has traded as much: the board would be empty. */
const FLOOR_LEAVES = 10;

/**
 * What a board's filters are at first.
 *
 * A few trades move a thin symbol by any percentage, so boards that are ranked by one begin with a floor of volume.
 *
 * @param {{ isScreen: boolean, isByPercent: boolean }} board screens have conditions of their own
 * @returns {Texts}
 */
export function usualTexts({ isScreen, isByPercent }) {
  return isByPercent && !isScreen ? { ...FLOOR } : {};
}

/**
 * Whether the usual floor of volume waits: while fewer rows than ten would pass it, all pass.
 *
 * @param {Texts} texts
 * @param {Row[]} rows those that pass the other filters
 */
export function floorWaits(texts, rows) {
  if (texts.min_volume !== FLOOR.min_volume) return false;
  const passes = passesAll(limitsOf(FLOOR), "");
  let passed = 0;
  for (const row of rows) if (passes(row) && ++passed === FLOOR_LEAVES) return false;
  return true;
}

/**
 * @param {Texts} texts
 * @param {Preset} preset
 * @returns {boolean} whether all of the preset's filters are set
 */
export function isSet(texts, preset) {
  return Object.entries(preset.texts).every(([name, text]) => texts[name] === text);
}

/**
 * @param {Texts} texts
 * @param {Preset} preset
 * @returns {Texts} with the preset's filters set; emptied where they were
 */
export function toggled(texts, preset) {
  const others = isSet(texts, preset) ? Object.keys(preset.texts).map((name) => [name, ""]) : [];
  return { ...texts, ...preset.texts, ...Object.fromEntries(others) };
}

/**
 * What differs from the usual filters, for settings. An empty text stands for a usual filter that was removed.
 *
 * @param {Texts} texts
 * @param {Texts} usual
 * @returns {Texts}
 */
export function differing(texts, usual) {
  const names = new Set([...Object.keys(texts), ...Object.keys(usual)]);
  return Object.fromEntries(
    [...names].filter((name) => (texts[name] ?? "") !== (usual[name] ?? "")).map((name) => [name, texts[name] ?? ""]),
  );
}
