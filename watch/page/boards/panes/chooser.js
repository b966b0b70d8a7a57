// Chooses what a pane shows, in its heading.

import { make, makeText } from "../../elements.js";

/** @import { Board } from "../../declarations.js" */

/** A list of all boards and screens. */
export class Chooser {
  element = make("select", "chooser", { "aria-label": "Board shown here" });

  /**
   * @param {object} options
   * @param {(name: string) => void} options.onChoose called with the name of the board that the user chose
   * @param {() => void} options.onOpen called when the user is about to choose
   */
  constructor({ onChoose, onOpen }) {
    this.element.addEventListener("change", () => onChoose(this.element.value));
    this.element.addEventListener("focus", onOpen);
  }

  /**
   * @param {Board[]} boards
   * @param {Board[]} screens
   * @param {Board} shown the one of them that is shown
   */
  show(boards, screens, shown) {
    const groups = [group("Boards", boards), group("Screens", screens)];
    this.element.replaceChildren(...groups.filter(({ children }) => children.length > 0));
    this.element.value = shown.name;
  }
}

/**
 * @param {string} label
 * @param {Board[]} boards
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
