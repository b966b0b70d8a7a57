// Filters in the page's address: a link can carry them for all boards. They are not stored.

import { FILTERS } from "./filters.js";

/** @import { Texts } from "./filters.js" */

/**
 * What the address filters by.
 *
 * @returns {Texts | null} null: nothing
 */
export function addressedTexts() {
  const { searchParams } = new URL(location.href);
  const texts = FILTERS.flatMap(({ name }) => {
    const text = searchParams.get(name);
    return text === null ? [] : [[name, text]];
  });
  return texts.length === 0 ? null : Object.fromEntries(texts);
}

/** Take them out of the address: the user has changed them. */
export function forgetAddressedTexts() {
  const url = new URL(location.href);
  for (const { name } of FILTERS) url.searchParams.delete(name);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
