// A link from a symbol to its page elsewhere, by a template of the user's: `https://example.com/quote/{symbol}`.

import { browserStorage } from "../storage.js";

const STORED_AS = "symbol-link";
const PLACE = "{symbol}";

/**
 * The address of a symbol's page.
 *
 * @param {string} template
 * @param {string} symbol
 * @returns {string | null} null: the template is none of an address on the web, or has no place for the symbol
 */
export function symbolLink(template, symbol) {
  if (!template.includes(PLACE)) return null;
  // What is linked to is a page: `javascript:` and the like run in this one.
  const link = template.trim().replaceAll(PLACE, encodeURIComponent(symbol));
  return /^https?:\/\//i.test(link) && URL.canParse(link) ? link : null;
}

/** The user's template; empty: none. */
export function linkTemplate() {
  return browserStorage.get(STORED_AS) ?? "";
}

/** @param {string} template */
export function keepLinkTemplate(template) {
  browserStorage.set(STORED_AS, template.trim());
}
