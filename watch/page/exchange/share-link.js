// Copies a link to what the page shows.

import { copyText } from "./clipboard.js";

/** @import { Notice } from "../layout/notice.js" */

/**
 * @param {URL} url
 * @param {Notice} notice says that it was copied
 */
export async function shareLink({ href }, notice) {
  notice.say((await copyText(href)) ? "Copied the link." : "The browser does not let this page copy.");
}
