// On a narrow screen one board at a time is shown, chosen by tabs.

import { byId, make, makeText } from "../elements.js";
import { tabStorage } from "../storage.js";

/** @import { Board } from "../declarations.js" */

const STORED_AS = "board";

/** Makes a tab and a section for each board, and shows the chosen one, or all on a wide screen. */
export class Tabs {
  /** Of the boards, in their order. @type {HTMLElement[]} */
  sections;
  #boards;
  #tabs;
  #chosen;
  #onShow;
  #narrow = window.matchMedia("(max-width: 959px)");

  /**
   * @param {Board[]} boards
   * @param {(shown: Board[]) => void} onShow called with the boards on the screen whenever they change
   */
  constructor(boards, onShow) {
    this.#boards = boards;
    this.#onShow = onShow;
    this.#chosen = Math.max(0, boards.findIndex(({ name }) => name === tabStorage.get(STORED_AS)));
    this.#tabs = boards.map((board, i) => this.#tab(board, i));
    this.sections = boards.map(({ name }) => {
      return make("section", "board", { id: `board-${name}`, "aria-labelledby": `title-${name}` });
    });
    byId("tabs", HTMLElement).append(...this.#tabs);
    byId("boards", HTMLElement).append(...this.sections);
    this.#narrow.addEventListener("change", () => this.show());
  }

  /**
   * @param {Board} board
   * @param {number} i
   */
  #tab({ name, title }, i) {
    const tab = makeText("button", "", title);
    tab.type = "button";
    tab.id = `tab-${name}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", `board-${name}`);
    tab.addEventListener("click", () => this.#choose(i));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (!step) return;
      const count = this.#tabs.length;
      this.#choose((i + step + count) % count);
      this.#tabs[this.#chosen].focus();
    });
    return tab;
  }

  /** @param {number} i */
  #choose(i) {
    this.#chosen = i;
    tabStorage.set(STORED_AS, this.#boards[i].name);
    this.show();
  }

  /** Show the chosen board, or all. */
  show() {
    const isNarrow = this.#narrow.matches;
    this.#tabs.forEach((tab, i) => {
      const isChosen = i === this.#chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      this.sections[i].setAttribute("role", isNarrow ? "tabpanel" : "region");
      this.sections[i].hidden = isNarrow && !isChosen;
    });
    this.#onShow(isNarrow ? [this.#boards[this.#chosen]] : this.#boards);
  }
}
