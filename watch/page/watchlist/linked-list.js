// A watchlist in an address: `?list=Runners&watch=AAPL,MSFT`.

import { MOST_SYMBOLS, readName, symbolsIn } from "./lists.js";

/** @import { List } from "./lists.js" */

const UNNAMED = "Shared list";

/**
 * @param {URL} url
 * @returns {List | null} null: the address has none
 */
export function linkedList({ searchParams }) {
  const symbols = symbolsIn(searchParams.get("watch") ?? "").slice(0, MOST_SYMBOLS);
  if (symbols.length === 0) return null;
  return { name: readName(searchParams.get("list") ?? "") || UNNAMED, symbols };
}

/**
 * @param {URL} url
 * @param {List | null} list null: without one
 * @returns {URL} with this list
 */
export function withList(url, list) {
  const changed = new URL(url);
  changed.searchParams.delete("list");
  changed.searchParams.delete("watch");
  if (list) {
    changed.searchParams.set("list", list.name);
    changed.searchParams.set("watch", list.symbols.join(","));
  }
  // Commas are allowed in an address, and shorter.
  changed.search = changed.search.replaceAll("%2C", ",");
  return changed;
}
