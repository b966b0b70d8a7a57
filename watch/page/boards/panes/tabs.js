// Where one pane is shown at a time, tabs choose it.

import { make } from "../../elements.js";

/** A tab for each pane. */
export class Tabs {
  element = make("div", "tabs", { role: "tablist", "aria-label": "Board" });
  #onChoose;
  /** @type {HTMLElement[]} */
  #tabs = [];
  #chosen = 0;

  /** @param {(pane: number) => void} onChoose called with the pane that the user chose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
  }

  /**
   * @param {{ name: string, title: string }[]} boards of the panes
   * @param {number} chosen the pane that is shown
   */
  show(boards, chosen) {
    this.#chosen = chosen;
    while (this.#tabs.length < boards.length) this.#add();
    for (const tab of this.#tabs.splice(boards.length)) tab.remove();
    boards.forEach(({ name, title }, i) => {
      const tab = this.#tabs[i];
      if (tab.textContent !== title) tab.textContent = title;
      tab.id = `tab-${name}`;
      tab.setAttribute("aria-controls", `board-${name}`);
      tab.setAttribute("aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
  }

  #add() {
    const tab = make("button", "", { type: "button", role: "tab" });
    tab.addEventListener("click", () => this.#onChoose(this.#tabs.indexOf(tab)));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (!step) return;
      const count = this.#tabs.length;
      this.#onChoose((this.#chosen + step + count) % count);
      this.#tabs[this.#chosen].focus();
    });
    this.#tabs.push(tab);
    this.element.append(tab);
  }
}
