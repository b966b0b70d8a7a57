// Chooses among the watchlists, and adds, renames, deletes and shares them.

import { make, makeText } from "../elements.js";
import { Popup } from "../popup.js";
import { LONGEST_NAME, readName } from "./lists.js";

/** @import { Watchlists } from "./watchlists.js" */

/** The head of the watchlist. */
export class ListMenu {
  element = make("div", "watch-head");
  #chooser = make("select", "chooser", { "aria-label": "Watchlist shown" });
  #lists;
  #options;
  #popup;
  #name = make("input", "", { "aria-label": "Name of the list", maxlength: String(LONGEST_NAME), autocomplete: "off" });
  #add = button("New list");
  #remove = button("Delete this list");
  #rename = button("Rename");
  #isLinked = false;

  /**
   * @param {Watchlists} lists
   * @param {HTMLElement} addForm adds symbols to the list that is shown
   * @param {object} options
   * @param {(name: string) => void} options.onChoose called with the name of the list to show
   * @param {() => void} options.onDelete called when the user deletes the list that is shown
   */
  constructor(lists, addForm, options) {
    this.#lists = lists;
    this.#options = options;
    this.#chooser.addEventListener("change", () => options.onChoose(this.#chooser.value));
    const more = make("button", "plain icon", { type: "button", "aria-label": "More for watchlists", title: "More" });
    more.append(makeText("span", "", "\u22ef"));
    this.#popup = new Popup(more, "Watchlists", () => this.#fill());
    this.#popup.element.classList.add("menu", "watch-menu");
    this.#popup.element.append(...this.#actions());
    this.element.append(makeText("h2", "hidden", "Watchlist"), this.#chooser, addForm, more, this.#popup.element);
  }

  #actions() {
    const form = make("form", "watch-name");
    form.append(this.#name, this.#add, this.#rename);
    // Enter in the name makes a new list.
    this.#add.type = "submit";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = readName(this.#name.value) || "Watchlist";
      this.#choose(this.#lists.add(name));
    });
    this.#rename.addEventListener("click", () => {
      const name = readName(this.#name.value);
      if (name) this.#choose(this.#lists.rename(this.#chooser.value, name));
    });
    this.#remove.addEventListener("click", () => {
      this.#popup.close();
      this.#options.onDelete();
    });
    return [form, this.#remove];
  }

  /**
   * Add something that can be done with the list that is shown.
   *
   * @param {string} title
   * @param {() => void} run
   */
  add(title, run) {
    const added = button(title);
    added.addEventListener("click", () => {
      this.#popup.close();
      run();
    });
    this.#remove.before(added);
  }

  #fill() {
    this.#name.value = "";
    this.#add.disabled = !this.#lists.isRoom;
    this.#rename.disabled = this.#remove.disabled = this.#isLinked;
  }

  /** @param {string} name */
  #choose(name) {
    this.#popup.close();
    this.#options.onChoose(name);
  }

  /**
   * @param {string[]} names of all lists
   * @param {string} shown
   * @param {boolean} isLinked whether the one that is shown came with a link
   */
  show(names, shown, isLinked) {
    this.#isLinked = isLinked;
    const options = names.map((name) => new Option(name, name));
    if (isLinked) options.push(new Option(`${shown} (from a link)`, "", true, true));
    this.#chooser.replaceChildren(...options);
    this.#chooser.value = isLinked ? "" : shown;
  }
}

/** @param {string} text */
function button(text) {
  const made = makeText("button", "", text);
  made.type = "button";
  return made;
}
