// Where the panels are: boards at the left and a dock at the right, or on a narrow screen one panel at a time.

import { byId, make, makeText } from "../elements.js";
import { tabStorage } from "../storage.js";
import { DockSizes } from "./dock-sizes.js";
import { focusIn } from "./regions.js";

/** @import { Panel, PlaceName } from "./panel.js" */

/**
 * A panel in its place.
 *
 * @typedef {object} Placed
 * @property {PlaceName} name
 * @property {string} title
 * @property {HTMLElement} place
 * @property {Panel} panel
 * @property {HTMLButtonElement} tab chooses the panel on a narrow screen
 * @property {HTMLButtonElement | null} dockTab chooses it in the dock; null: it has the dock's place to itself
 * @property {boolean | null} isShown null: the panel does not know yet
 */

/** Those that share a place in the dock, except on a wide screen. */
const SHARING = ["watchlist", "alerts"];

/** Puts panels into their places, and decides which are on the screen. */
export class Frame {
  /** @type {Placed[]} */
  #placed = [];
  #tabs = byId("tab-bar", HTMLElement);
  #dockTabs = byId("dock-tabs", HTMLElement);
  #head = byId("head", HTMLElement);
  #foot = byId("foot", HTMLElement);
  #search = byId("search", HTMLElement);
  #layouts = byId("layouts-open", HTMLElement);
  #narrow = window.matchMedia("(max-width: 959px)");
  #wide = window.matchMedia("(min-width: 1600px)");
  /** On a narrow screen. */
  #chosen = tabStorage.get("panel") ?? "boards";
  /** Of those that share a place. */
  #chosenInDock = SHARING[0];
  #sizes;
  #onChange;

  /** @param {() => void} onChange called when the settings have changed */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#sizes = new DockSizes(onChange);
    for (const query of [this.#narrow, this.#wide]) query.addEventListener("change", () => this.#arrange());
    this.#dockTabs.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Put a panel into its place.
   *
   * @param {PlaceName} name
   * @param {string} title
   * @param {Panel} panel
   */
  place(name, title, panel) {
    const place = byId(`place-${name}`, HTMLElement);
    if (panel.element !== place) place.append(panel.element);
    const tab = this.#tab(name, title, this.#tabs);
    const dockTab = SHARING.includes(name) ? this.#tab(name, title, this.#dockTabs) : null;
    dockTab?.setAttribute("role", "tab");
    dockTab?.setAttribute("aria-controls", place.id);
    this.#placed.push({ name, title, place, panel, tab, dockTab, isShown: null });
    this.#arrange();
  }

  /** The panels that are in their places. */
  get placed() {
    return this.#placed.map(({ name, title }) => ({ name, title }));
  }

  /**
   * Bring a panel into view, and let the keyboard work in it.
   *
   * @param {PlaceName} name
   */
  go(name) {
    this.show(name);
    focusIn(byId(`place-${name}`, HTMLElement));
  }

  /**
   * Bring a panel into view.
   *
   * @param {PlaceName} name
   */
  show(name) {
    this.#chosen = name;
    tabStorage.set("panel", name);
    if (SHARING.includes(name)) this.#chosenInDock = name;
    this.#arrange();
    this.#onChange();
  }

  /**
   * Say in a panel's tabs how many things in it are new.
   *
   * @param {PlaceName} name
   * @param {string} count such as `300+`; empty: none
   */
  count(name, count) {
    const placed = this.#placed.find((each) => each.name === name);
    if (!placed) return;
    const text = count === "" ? placed.title : `${placed.title} (${count})`;
    for (const tab of [placed.tab, placed.dockTab]) {
      const words = tab?.firstElementChild;
      if (words && words.textContent !== text) words.textContent = text;
    }
  }

  /**
   * Put a sign behind the title in a panel's tabs.
   *
   * @param {PlaceName} name
   * @param {string} sign a few words; empty: none
   * @param {string} about what it means
   */
  mark(name, sign, about) {
    const placed = this.#placed.find((each) => each.name === name);
    for (const tab of [placed?.tab, placed?.dockTab]) {
      const words = tab?.lastElementChild;
      if (!tab || !words || words.textContent?.trim() === sign) continue;
      words.textContent = sign && ` ${sign}`;
      tab.title = about;
    }
  }

  /** Which of those that share a place is shown, and the sizes that are not the usual ones. */
  settings() {
    const dock = this.#chosenInDock;
    return { ...(dock !== SHARING[0] && { dock }), ...this.#sizes.sizes };
  }

  /** @param {any} settings what `settings` returned once */
  apply({ dock, ...sizes }) {
    this.#chosenInDock = SHARING.includes(dock) ? dock : SHARING[0];
    this.#sizes.sizes = sizes;
    this.#arrange();
  }

  /**
   * @param {PlaceName} name
   * @param {string} title
   * @param {HTMLElement} bar
   */
  #tab(name, title, bar) {
    const tab = make("button", "", { type: "button" });
    tab.append(makeText("span", "", title), make("span", "mark"));
    tab.addEventListener("click", () => this.show(name));
    bar.append(tab);
    return tab;
  }

  /**
   * Arrow keys choose among the dock's tabs.
   *
   * @param {KeyboardEvent} event
   */
  #onKey({ key }) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const sharing = this.#placed.filter(({ dockTab }) => dockTab !== null);
    const current = sharing.findIndex(({ name }) => name === this.#chosenInDock);
    const next = sharing[(current + step + sharing.length) % sharing.length];
    this.show(next.name);
    next.dockTab?.focus();
  }

  /** Show the panels that the screen has room for. */
  #arrange() {
    const names = this.#placed.map(({ name }) => name);
    const sharing = SHARING.filter((name) => names.some((each) => each === name));
    const inDock = sharing.includes(this.#chosenInDock) ? this.#chosenInDock : sharing[0];
    const alone = names.some((name) => name === this.#chosen) ? this.#chosen : names[0];
    this.#placeControls();
    this.#tabs.hidden = !this.#narrow.matches || names.length < 2;
    this.#dockTabs.hidden = this.#narrow.matches || this.#wide.matches || sharing.length < 2;
    for (const placed of this.#placed) {
      const { name, tab, dockTab } = placed;
      if (name === alone) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
      dockTab?.setAttribute("aria-selected", String(name === inDock));
      if (dockTab) {
        dockTab.tabIndex = name === inDock ? 0 : -1;
        if (this.#dockTabs.hidden) placed.place.removeAttribute("role");
        else placed.place.setAttribute("role", "tabpanel");
      }
      const isRoom = this.#wide.matches || dockTab === null || name === inDock;
      show(placed, this.#narrow.matches ? name === alone : isRoom);
    }
  }

  /** Put what is touched within the thumb's reach on a narrow screen, and else into the head. */
  #placeControls() {
    const isInFoot = this.#foot.contains(this.#search);
    if (this.#narrow.matches && !isInFoot) this.#foot.prepend(this.#search, this.#layouts);
    if (!this.#narrow.matches && isInFoot) {
      this.#head.querySelector(".market")?.after(this.#search);
      this.#head.querySelector(".state")?.after(this.#layouts);
    }
  }
}

/**
 * @param {Placed} placed
 * @param {boolean} isShown
 */
function show(placed, isShown) {
  if (placed.isShown === isShown) return;
  placed.isShown = isShown;
  placed.place.hidden = !isShown;
  placed.panel.shown(isShown);
}
