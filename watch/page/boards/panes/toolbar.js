// What can be done with the boards as a whole: choose one on a narrow screen, add one, make one, pause their order.

import { make, makeText } from "../../elements.js";
import { Popup } from "../../popup.js";
import { Tabs } from "./tabs.js";

/** @import { Board } from "../../declarations.js" */
/** @import { Draft } from "../screens/draft.js" */

/** The bar of the boards. On a narrow screen it is at the bottom, within the thumb's reach. */
export class Toolbar {
  element = make("div", "toolbar");
  #options;
  #tabs;
  #add = barButton("+", "Add board", "Show another board or screen");
  #pause = barButton("\u2016", "Pause order", "Keep rows in their places while numbers go on changing. Key: p");
  #popup;

  /**
   * @param {object} options
   * @param {(pane: number) => void} options.onTab called with the pane whose tab the user chose
   * @param {() => Promise<void>} options.onOpenList called when the user is about to add a board
   * @param {() => Board[]} options.addable boards that can be added
   * @param {(name: string) => void} options.onAdd called with the name of a board to add
   * @param {() => { draft: Draft, title: string, isAddable: boolean }[]} options.own the user's own screens
   * @param {(draft: Draft) => void} options.onAddOwn called with one of them to add
   * @param {(draft: Draft) => void} options.onDelete called with one of them that the user deletes
   * @param {() => void} options.onMake called when the user wants to make a screen
   * @param {() => void} options.onPause called when the user pauses the order, or lets it go on
   */
  constructor(options) {
    this.#options = options;
    this.#tabs = new Tabs(options.onTab);
    this.#pause.ariaPressed = "false";
    this.#pause.addEventListener("click", options.onPause);
    this.#popup = new Popup(this.#add, "Boards and screens to add", () => {
      this.#fill();
      void options.onOpenList().then(() => this.#fill());
    });
    this.#popup.element.classList.add("menu");
    this.element.append(this.#tabs.element, this.#add, this.#pause, this.#popup.element);
  }

  /**
   * @param {Board[]} boards of the panes
   * @param {number} current the pane that has the tab
   * @param {boolean} isSingle whether one pane is shown at a time
   */
  show(boards, current, isSingle) {
    this.#tabs.element.hidden = !isSingle;
    this.#tabs.show(boards, current);
  }

  /** @param {boolean} isPaused */
  setPaused(isPaused) {
    this.#pause.ariaPressed = String(isPaused);
    const words = this.#pause.querySelector(".words");
    if (words) words.textContent = isPaused ? "Order paused" : "Pause order";
  }

  #fill() {
    const boards = this.#options.addable();
    const buttons = boards.map(({ name, title, caption }) => {
      const button = this.#item(title, () => this.#options.onAdd(name));
      button.append(makeText("span", "about", caption));
      return button;
    });
    const own = this.#options.own().map((each) => this.#ownItem(each));
    const making = this.#item("Make a screen\u2026", this.#options.onMake);
    const none = boards.length === 0 ? [makeText("p", "note", "All are shown, or six panes are.")] : [];
    this.#popup.element.replaceChildren(...none, ...buttons, ...own, making);
  }

  /** @param {{ draft: Draft, title: string, isAddable: boolean }} screen */
  #ownItem({ draft, title, isAddable }) {
    const line = make("div", "own-screen");
    const add = this.#item(title, () => this.#options.onAddOwn(draft));
    add.disabled = !isAddable;
    add.append(makeText("span", "about", "your screen"));
    const words = `Delete the screen ${title}`;
    const remove = make("button", "plain icon", { type: "button", "aria-label": words, title: words });
    remove.textContent = "\u00d7";
    remove.addEventListener("click", () => {
      this.#options.onDelete(draft);
      this.#fill();
      const next = this.#popup.element.querySelector("button:enabled");
      if (next instanceof HTMLElement) next.focus();
    });
    line.append(add, remove);
    return line;
  }

  /**
   * @param {string} title
   * @param {() => void} run
   */
  #item(title, run) {
    const button = makeText("button", "plain", title);
    button.type = "button";
    button.addEventListener("click", () => {
      this.#popup.close();
      run();
    });
    return button;
  }
}

/**
 * @param {string} sign that is shown alone where room is scarce
 * @param {string} words
 * @param {string} title
 */
function barButton(sign, words, title) {
  const button = make("button", "plain", { type: "button", title });
  const seen = makeText("span", "sign", sign);
  seen.ariaHidden = "true";
  button.append(seen, makeText("span", "words", words));
  return button;
}
