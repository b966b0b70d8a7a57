// What a board shows, for files and other programs.

import { csv } from "./csv.js";

/** @import { Column } from "../boards/columns/columns.js" */
/** @import { Row } from "../row.js" */

/** @typedef {{ title: string, columns: Column[], rows: Row[] }} Content */

/**
 * As CSV, as `/api/boards/NAME.csv` writes it: the fields' names, and numbers in full.
 *
 * @param {Content} content
 */
export function contentCsv({ columns, rows }) {
  const keys = ofTexts(columns).map(({ key }) => key);
  return csv(keys, rows.map((row) => keys.map((key) => row[key])));
}

/**
 * As text with tabs, to be pasted into a spreadsheet or a message: what is on the screen.
 *
 * @param {Content} content
 */
export function contentText({ columns, rows }) {
  const shown = ofTexts(columns);
  const lines = rows.map((row) => shown.map(({ text }) => text(row)));
  return [shown.map(({ title }) => title), ...lines].map((cells) => cells.join("\t")).join("\n");
}

/**
 * Lines and moves are no figures.
 *
 * @param {Column[]} columns
 */
function ofTexts(columns) {
  return columns.filter(({ kind }) => kind === "text");
}
