// Chooses what a pane shows, in its heading.

import { make, makeText } from "../../elements.js";

/** What can be chosen. @typedef {{ name: string, title: string }} Choice */

/** Keys that choose in a list that is closed, board by board. */
const CHOOSING = ["ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

/** A list of all boards and screens. */
export class Chooser {
  element = make("select", "chooser", { "aria-label": "Board shown here" });
  /** What is listed. */
  #listed = "";

  /**
   * @param {object} options
   * @param {(name: string) => void} options.onChoose called with the name of the board that the user chose
   * @param {() => void} options.onOpen called when the user is about to choose
   */
  constructor({ onChoose, onOpen }) {
    this.element.addEventListener("change", () => onChoose(this.element.value));
    this.element.addEventListener("focus", onOpen);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Keys open the list before they choose in it: the focus goes to the rows with a choice, so each has to be meant.
   *
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const isCommand = event.ctrlKey || event.altKey || event.metaKey;
    // Older browsers cannot.
    const canOpen = "showPicker" in this.element;
    if (!canOpen || isCommand || !(CHOOSING.includes(event.key) || /^\S$/u.test(event.key))) return;
    event.preventDefault();
    this.element.showPicker();
  }

  /**
   * @param {Choice[]} boards
   * @param {Choice[]} screens
   * @param {Choice[]} own screens of the user
   * @param {Choice} shown the one of them that is shown
   */
  show(boards, screens, own, shown) {
    const listed = JSON.stringify([boards, screens, own].map((each) => each.map(({ name, title }) => [name, title])));
    // Who is about to choose keeps the list that is before them.
    if (listed !== this.#listed) {
      this.#listed = listed;
      const groups = [group("Boards", boards), group("Screens", screens), group("Your screens", own)];
      this.element.replaceChildren(...groups.filter(({ children }) => children.length > 0));
    }
    this.element.value = shown.name;
  }
}

/**
 * @param {string} label
 * @param {Choice[]} boards
 */
function group(label, boards) {
  const made = make("optgroup", "", { label });
  for (const { name, title } of boards) {
    const option = makeText("option", "", title);
    option.value = name;
    made.append(option);
  }
  return made;
}
