// Brings in a file of layouts and watchlists: adds them to the user's own, and arranges the desk.

import { MOST_LISTS, MOST_SYMBOLS } from "../watchlist/lists.js";
import { together } from "../undo.js";
import { readLayoutFile } from "./layout-file.js";
import { MOST } from "./named-layouts.js";

/** @import { Step } from "../undo.js" */
/** @import { Merged as MergedLists } from "../watchlist/lists.js" */
/** @import { Watchlists } from "../watchlist/watchlists.js" */
/** @import { DeskLayout } from "./desk-layout.js" */
/** @import { Merged as MergedLayouts, NamedLayouts } from "./named-layouts.js" */

/** Fifty layouts and thirty full lists are far smaller. */
const LARGEST_FILE = 4_000_000;

/**
 * @param {File} file
 * @param {{ layout: DeskLayout, named: NamedLayouts, lists: Watchlists }} own
 * @returns {Promise<{ sentence: string, step: Step | null }>} step: takes all of it out again; null: it is no such file
 */
export async function importFile(file, { layout, named, lists }) {
  const content = file.size > LARGEST_FILE ? "This file is too large." : readLayoutFile(await file.text());
  if (typeof content === "string") return { sentence: content, step: null };
  const layouts = named.merge(content.layouts);
  const watchlists = lists.merge(content.watchlists);
  const arrangement = layout.replace(content.layout);
  return {
    sentence: importText(layouts, watchlists),
    step: together([arrangement, watchlists.step, layouts.step]),
  };
}

/**
 * What an import took, and what it left out.
 *
 * @param {Pick<MergedLayouts, "taken" | "known" | "leftOut">} layouts
 * @param {Pick<MergedLists, "taken" | "known" | "leftOut" | "cut">} lists
 * @returns {string}
 */
export function importText(layouts, lists) {
  const known = layouts.known + lists.known;
  const sentences = [
    `Arrangement replaced. Took ${number(layouts.taken, "layout")} and ${number(lists.taken.length, "watchlist")}`
      + `${known > 0 ? `; ${known} ${known === 1 ? "was" : "were"} there already` : ""}.`,
  ];
  if (layouts.leftOut > 0) sentences.push(`Left out ${number(layouts.leftOut, "layout")}: there is room for ${MOST}.`);
  if (lists.leftOut > 0) {
    sentences.push(`Left out ${number(lists.leftOut, "watchlist")}: there is room for ${MOST_LISTS}.`);
  }
  if (lists.cut > 0) sentences.push(`Left out ${number(lists.cut, "symbol")}: a list is full at ${MOST_SYMBOLS}.`);
  return sentences.join(" ");
}

/**
 * @param {number} count
 * @param {string} what
 */
function number(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
