// On a screen too narrow for all boards: one of them at a time, chosen by tabs.

const KEPT = "board";

export class Tabs {
  #names;
  #onShow;
  #narrow = window.matchMedia("(max-width: 959px)");
  #chosen;

  /**
   * @param names of the boards, in their order.
   * @param onShow called with the indices of those on the screen, at first and whenever they change.
   */
  constructor(names, onShow) {
    this.#names = names;
    this.#onShow = onShow;
    this.#chosen = Math.max(0, names.indexOf(storage.tab.get(KEPT)));
    this.tabs = names.map((name) => document.getElementById(`tab-${name}`));
    this.tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => this.#choose(i));
      tab.addEventListener("keydown", ({ key }) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
        if (step) this.#choose((i + step + names.length) % names.length).focus();
      });
    });
    this.#narrow.addEventListener("change", () => this.#show());
    this.#show();
  }

  #choose(i) {
    this.#chosen = i;
    storage.tab.set(KEPT, this.#names[i]);
    this.#show();
    return this.tabs[i];
  }

  #show() {
    this.tabs.forEach((tab, i) => {
      const here = i === this.#chosen;
      tab.setAttribute("aria-selected", here);
      tab.tabIndex = here ? 0 : -1;
      const board = document.getElementById(tab.getAttribute("aria-controls"));
      board.setAttribute("role", this.#narrow.matches ? "tabpanel" : "region");
      board.hidden = this.#narrow.matches && !here;
    });
    this.#onShow(this.#narrow.matches ? [this.#chosen] : this.#names.map((_, i) => i));
  }
}
