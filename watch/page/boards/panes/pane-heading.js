// The heading of a pane: which board it shows, how it is ordered, how many rows there are, and what can be changed.

import { make, makeText } from "../../elements.js";
import { Popup } from "../../popup.js";
import { Chooser } from "./chooser.js";

/** @import { Board } from "../../declarations.js" */

/** Something that the user can do with a pane. @typedef {{ title: string, run: () => void, isEnabled: boolean }} Action */

/** Names the board. Its popups are filled when they open. */
export class PaneHeading {
  element = make("header", "heading");
  chooser;
  filters;
  columns;
  menu;
  #note = make("span", "note");
  #count = make("span", "count");
  #caption;
  /** What the board shows, at length. */
  #about;

  /**
   * @param {Board} board
   * @param {string} lacks what it lacks, in a sentence; empty: nothing
   * @param {object} options
   * @param {(name: string) => void} options.onChoose called with the name of the board that the user chose
   * @param {() => void} options.onOpenList called when the user is about to choose
   * @param {() => void} options.onFilters called before the popup of filters opens
   * @param {() => void} options.onColumns called before the popup of columns opens
   * @param {() => Action[]} options.actions for the menu
   * @param {(by: -1 | 1) => void} options.onMove called when the user moves the pane before or behind its neighbour
   * @param {(at: PointerEvent) => void} options.onDrop called where the user drops the pane
   */
  constructor(board, lacks, options) {
    this.#caption = board.caption;
    this.chooser = new Chooser({ onChoose: options.onChoose, onOpen: options.onOpenList });
    this.#about = `${board.title}: ${board.caption}.${lacks && ` ${lacks}`}`;
    this.chooser.element.title = this.#about;
    const title = makeText("h2", "hidden", board.title);
    title.id = `title-${board.name}`;
    const filterButton = iconButton("\u25bd", `Filters of ${board.title}`);
    filterButton.classList.add("filter-button");
    const columnsButton = iconButton("\u25a5", `Columns of ${board.title}`);
    const menuButton = iconButton("\u22ef", `More for ${board.title}`);
    this.filters = new Popup(filterButton, `Filters of ${board.title}`, options.onFilters);
    this.columns = new Popup(columnsButton, `Columns of ${board.title}`, options.onColumns);
    this.menu = new Popup(menuButton, `More for ${board.title}`, () => this.#fillMenu(options.actions()));
    this.menu.element.classList.add("menu");
    const grip = this.#grip(board.title, options);
    this.element.append(title, grip, this.chooser.element, this.#note, this.#count);
    this.element.append(filterButton, columnsButton, menuButton);
    this.element.append(this.filters.element, this.columns.element, this.menu.element);
    this.show("", "");
  }

  /**
   * @param {string} order how the rows are sorted, in a few words; empty: by rank
   * @param {string} count how many rows there are
   */
  show(order, count) {
    const note = order || this.#caption;
    if (this.#note.textContent !== note) {
      this.#note.textContent = note;
      this.#note.title = order || this.#about;
    }
    this.#note.classList.toggle("sorted-note", order !== "");
    if (this.#count.textContent !== count) this.#count.textContent = count;
  }

  /** @param {string} words what the count means, at length */
  explainCount(words) {
    if (this.#count.title !== words) this.#count.title = words;
  }

  /** @param {Action[]} actions */
  #fillMenu(actions) {
    this.menu.element.replaceChildren(...actions.map(({ title, run, isEnabled }) => {
      const button = makeText("button", "plain", title);
      button.type = "button";
      button.disabled = !isEnabled;
      button.addEventListener("click", () => {
        this.menu.close();
        run();
      });
      return button;
    }));
  }

  /**
   * What the pane is dragged by. With the focus there, the arrow keys move it.
   *
   * @param {string} title
   * @param {{ onMove: (by: -1 | 1) => void, onDrop: (at: PointerEvent) => void }} options
   */
  #grip(title, { onMove, onDrop }) {
    const grip = iconButton("\u22ee", `Move ${title}: arrow keys, or drag`);
    grip.classList.add("pane-grip");
    grip.addEventListener("keydown", (event) => {
      const step = /** @type {Record<string, -1 | 1>} */ ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 });
      if (!(event.key in step)) return;
      event.preventDefault();
      onMove(step[event.key]);
    });
    grip.addEventListener("pointerdown", (event) => grip.setPointerCapture(event.pointerId));
    grip.addEventListener("pointerup", (event) => onDrop(event));
    return grip;
  }
}

/**
 * @param {string} sign
 * @param {string} label
 */
function iconButton(sign, label) {
  const button = make("button", "plain icon", { type: "button", "aria-label": label, title: label });
  button.append(makeText("span", "", sign));
  return button;
}
