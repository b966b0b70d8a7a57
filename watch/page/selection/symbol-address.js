// The selected symbol in the address of the page, so that the view can be shared.

/** @import { Selection } from "./selection.js" */

const PARAMETER = "symbol";

/** The symbol that the address names; empty: none. Somebody may have typed it. */
export function addressedSymbol() {
  return new URL(location.href).searchParams.get(PARAMETER) ?? "";
}

/**
 * Have the address name the selected symbol from now on.
 *
 * @param {Selection} selection
 */
export function keepSymbolInAddress(selection) {
  selection.watch((symbol) => {
    const url = new URL(location.href);
    if (symbol) url.searchParams.set(PARAMETER, symbol);
    else url.searchParams.delete(PARAMETER);
    history.replaceState(history.state, "", url);
  });
}
