// The dialog that lists the shortcuts.

import { byId, make, makeText } from "../elements.js";

/** @import { Shortcut, Shortcuts } from "./shortcuts.js" */

/** Keys that boards know themselves, while the keyboard is in one. */
const IN_BOARDS = [
  { keys: ["\u2191", "\u2193"], title: "Go to another row" },
  { keys: ["PageUp", "PageDown", "Home", "End"], title: "Go further" },
  { keys: ["Enter"], title: "Select the row's symbol; from then on arrows select" },
];

/** How keys are named, where their names are not what stands on them. */
const LABELS = new Map([["Escape", "Esc"]]);

/** Shows all shortcuts, in groups, and turns them off and on. */
export class HelpDialog {
  #dialog = byId("help", HTMLDialogElement);
  #list = byId("help-list", HTMLElement);
  #switch = byId("help-switch", HTMLInputElement);
  #shortcuts;

  /** @param {Shortcuts} shortcuts */
  constructor(shortcuts) {
    this.#shortcuts = shortcuts;
    byId("help-open", HTMLButtonElement).addEventListener("click", () => this.open());
    byId("help-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#switch.addEventListener("change", () => {
      shortcuts.areOn = this.#switch.checked;
    });
  }

  /** List what there is now. */
  open() {
    const all = this.#shortcuts.all();
    const groups = [...new Set(all.map(({ group }) => group))];
    const sections = groups.map((title) => section(title, lines(all.filter(({ group }) => group === title))));
    this.#list.replaceChildren(...sections, section("In a board", IN_BOARDS));
    this.#switch.checked = this.#shortcuts.areOn;
    this.#dialog.showModal();
  }
}

/**
 * Shortcuts with the same title are one line.
 *
 * @param {Shortcut[]} shortcuts
 */
function lines(shortcuts) {
  const titles = [...new Set(shortcuts.map(({ title }) => title))];
  return titles.map((title) => ({
    title,
    keys: shortcuts.filter((each) => each.title === title).map(({ key, label }) => label ?? LABELS.get(key) ?? key),
  }));
}

/**
 * @param {string} title
 * @param {{ keys: string[], title: string }[]} members
 */
function section(title, members) {
  const made = make("section");
  const list = make("dl");
  for (const { keys, title: what } of members) {
    const line = make("div", "key-line");
    const names = make("dt");
    names.append(...keys.map((key) => makeText("kbd", "", key)));
    line.append(names, makeText("dd", "", what));
    list.append(line);
  }
  made.append(makeText("h3", "", title), list);
  return made;
}
