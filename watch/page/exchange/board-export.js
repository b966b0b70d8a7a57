// Gives what a board shows to other programs: as a file, or by the clipboard.

import { isoDay, timeOfDay } from "../status/new-york-time.js";
import { copyText } from "./clipboard.js";
import { saveFile } from "./save-file.js";
import { contentCsv, contentText } from "./shown-table.js";

/** @import { Notice } from "../layout/notice.js" */
/** @import { Content } from "./shown-table.js" */

/**
 * Copy the rows that a board shows.
 *
 * @param {Content} content
 * @param {Notice} notice
 */
export async function copyRows(content, notice) {
  const isCopied = await copyText(contentText(content));
  notice.say(isCopied ? `Copied ${content.rows.length} rows.` : "The browser does not let this page copy.");
}

/**
 * Save the rows that a board shows as CSV.
 *
 * @param {Content} content
 * @param {number | null} instant of the market, Unix milliseconds; null: unknown
 */
export function saveRows(content, instant) {
  const time = instant === null ? "" : ` ${isoDay(instant)} ${timeOfDay(instant).replaceAll(":", ".")}`;
  saveFile(`${content.title.replace(/[^\w -]/g, "_")}${time}.csv`, "text/csv", contentCsv(content));
}
