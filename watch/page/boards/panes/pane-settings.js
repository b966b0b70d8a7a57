// What the user chose for each pane: small JSON, for layouts and links.

import { FILTERS } from "../filters/filters.js";
import { readDraft } from "../screens/draft.js";
import { LARGEST_SHARE, SMALLEST_SHARE } from "./arrangement.js";

/** @import { Board } from "../../declarations.js" */
/** @import { Texts } from "../filters/filters.js" */
/** @import { Draft } from "../screens/draft.js" */

/**
 * A pane. What is missing is as usual.
 *
 * @typedef {object} PaneSettings
 * @property {string} [board] the name of a board or screen
 * @property {Draft} [draft] a screen that was made on the page, in the place of a board
 * @property {Texts} [filters] those that differ from the board's usual ones; empty: none
 * @property {string} [sort] rows/sorting.js
 * @property {string[]} [columns] rows/columns.js
 * @property {number} [share] of its row's width
 */

export const MOST_PANES = 6;
const LONGEST_TEXT = 32;

/**
 * @param {unknown} value
 * @returns {PaneSettings[]} those that are valid; no board is in two of them
 */
export function readPanes(value) {
  if (!Array.isArray(value)) return [];
  const panes = value.flatMap((each) => readPane(each) ?? []);
  return panes
    .filter(({ board }, i) => board === undefined || panes.findIndex((other) => other.board === board) === i)
    .slice(0, MOST_PANES);
}

/**
 * @param {any} value
 * @returns {PaneSettings | null}
 */
function readPane(value) {
  const { board, draft, filters, sort, columns, share } = value ?? {};
  const isBoard = typeof board === "string" && /^[a-z0-9_]{1,64}$/.test(board);
  const made = readDraft(draft);
  if (!isBoard && !made) return null;
  return {
    ...(made ? { draft: made } : { board }),
    ...(filters && { filters: readTexts(filters) }),
    ...(typeof sort === "string" && { sort }),
    ...(Array.isArray(columns) && { columns: columns.map(String) }),
    ...(share >= SMALLEST_SHARE && share <= LARGEST_SHARE && { share }),
  };
}

/**
 * @param {any} value
 * @returns {Texts}
 */
function readTexts(value) {
  const texts = FILTERS.flatMap(({ name }) => {
    const text = value[name];
    return typeof text === "string" ? [[name, text.slice(0, LONGEST_TEXT)]] : [];
  });
  return Object.fromEntries(texts);
}

/**
 * What each pane shows. In the place of a screen that is not published, or not any more, is a usual board that no other
 * pane has.
 *
 * @param {PaneSettings[]} panes
 * @param {Board[]} usual the boards that are shown at first
 * @param {Board[]} known all that are published
 * @returns {(Board | Draft | null)[]} one for each pane; null: all usual boards are shown already
 */
export function boardsOf(panes, usual, known) {
  const named = panes.map(({ board }) => known.find(({ name }) => name === board));
  const free = usual.filter(({ name }) => !named.some((board) => board?.name === name));
  return panes.map(({ draft }, i) => {
    if (draft) return draft;
    const board = named[i];
    if (board) return board;
    const own = free.findIndex(({ name }) => name === usual[i]?.name);
    return free.splice(Math.max(0, own), 1)[0] ?? null;
  });
}

/**
 * What the panes show after another board was chosen for one of them. The pane that had it gets that pane's.
 *
 * @param {PaneSettings[]} panes
 * @param {number} pane
 * @param {PaneSettings} settings
 * @returns {PaneSettings[]}
 */
export function withChosen(panes, pane, settings) {
  const { board } = settings;
  return panes.map((each, i) => {
    if (i === pane) return settings;
    return board !== undefined && each.board === board ? panes[pane] : each;
  });
}
