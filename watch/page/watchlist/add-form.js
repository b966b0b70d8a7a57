// Where symbols are typed or pasted.

import { make, makeText } from "../elements.js";
import { symbolsIn } from "./lists.js";

/** @param {(symbols: string[]) => void} onAdd called with the symbols in the text; none: there are none in it */
export function addForm(onAdd) {
  const form = make("form", "watch-add");
  const input = make("input", "", {
    "aria-label": "Symbols to add",
    placeholder: "Add symbols",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
  });
  form.append(input, makeText("button", "", "Add"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Some symbols have small letters (BRKpA), but no symbol has only those.
    const symbols = symbolsIn(input.value).map((each) => (each === each.toLowerCase() ? each.toUpperCase() : each));
    if (symbols.length > 0) input.value = "";
    onAdd(symbols);
  });
  return form;
}
