// The dialog of layouts: presets, the user's own by name, links and files.

import { byId, make, makeText } from "../elements.js";
import { saveFile } from "../exchange/save-file.js";
import { together } from "../undo.js";
import { importFile } from "./file-import.js";
import { writeLayoutFile } from "./layout-file.js";
import { MOST, NamedLayouts } from "./named-layouts.js";
import { PRESETS, arranged, isArranged } from "./presets.js";

/** @import { Step, Undo } from "../undo.js" */
/** @import { Watchlists } from "../watchlist/watchlists.js" */
/** @import { DeskLayout, LayoutSettings } from "./desk-layout.js" */
/** @import { Notice } from "./notice.js" */
/** @import { Preset } from "./presets.js" */
/** @import { WindowLayout } from "./window-layout.js" */

const FILE_NAME = "leaderboards-desk.json";

/** Arranges the desk, and keeps, sends and brings back arrangements. */
export class LayoutsDialog {
  #dialog = byId("layouts", HTMLDialogElement);
  #visit = byId("layouts-visit", HTMLElement);
  #kept = byId("layouts-kept", HTMLUListElement);
  #name = byId("layouts-name", HTMLInputElement);
  #named = new NamedLayouts();
  #layout;
  #windowLayout;
  #lists;
  #onShare;
  #notice;
  #undo;

  /**
   * @param {object} parts
   * @param {DeskLayout} parts.layout
   * @param {WindowLayout} parts.windowLayout
   * @param {Watchlists} parts.lists
   * @param {Notice} parts.notice
   * @param {Undo} parts.undo
   * @param {(url: URL) => void} parts.onShare called with the page's address when the user wants a link to the desk
   */
  constructor({ layout, windowLayout, lists, notice, undo, onShare }) {
    this.#layout = layout;
    this.#windowLayout = windowLayout;
    this.#lists = lists;
    this.#onShare = onShare;
    this.#notice = notice;
    this.#undo = undo;
    byId("layouts-presets", HTMLUListElement).append(...PRESETS.map((preset) => this.#preset(preset)));
    this.#connect();
  }

  #connect() {
    const onClick = new Map([
      ["layouts-open", () => this.open()],
      ["layouts-close", () => this.#dialog.close()],
      ["layouts-own", () => this.#own()],
      ["layouts-leave", () => this.#leave()],
      ["layouts-link", () => this.#copyLink()],
      ["layouts-export", () => this.#export()],
    ]);
    for (const [id, run] of onClick) byId(id, HTMLButtonElement).addEventListener("click", run);
    byId("layouts-keep", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    const file = byId("layouts-import", HTMLInputElement);
    file.addEventListener("change", () => {
      void this.#import(file.files?.[0]);
      // So that the same file can be chosen again.
      file.value = "";
    });
  }

  open() {
    this.#list();
    this.#dialog.showModal();
  }

  #list() {
    this.#visit.hidden = this.#windowLayout.isOwn;
    this.#kept.replaceChildren(...[...this.#named.all()].map(([name, settings]) => this.#keptLayout(name, settings)));
  }

  /** @param {Preset} preset */
  #preset(preset) {
    const item = make("li");
    const button = this.#applies(preset.title, () => this.#arrange(preset));
    item.append(button, makeText("span", "about", preset.about));
    return item;
  }

  /**
   * Arrange the desk by a preset. An arrangement of the user's own that nobody has kept would be lost.
   *
   * @param {Preset} preset
   */
  #arrange(preset) {
    const { settings } = this.#layout;
    const isOwn = !PRESETS.some((each) => isArranged(each, settings));
    const steps = isOwn ? [this.#named.keepReplaced(settings)] : [];
    return together([this.#layout.replace(arranged(preset, settings)), ...steps]);
  }

  /**
   * @param {string} name
   * @param {LayoutSettings} settings
   */
  #keptLayout(name, settings) {
    const item = make("li");
    const remove = makeText("button", "plain", "Delete");
    remove.type = "button";
    remove.setAttribute("aria-label", `Delete the layout ${name}`);
    remove.addEventListener("click", () => {
      const step = this.#named.remove(name);
      this.#list();
      this.#name.focus();
      this.#undo.did(`Deleted the layout ${name}.`, this.#listing(step));
    });
    item.append(this.#applies(name, () => this.#layout.replace(settings)), remove);
    return item;
  }

  /**
   * A button that arranges the desk.
   *
   * @param {string} title
   * @param {() => Step} arrange
   */
  #applies(title, arrange) {
    const button = makeText("button", "", title);
    button.type = "button";
    button.addEventListener("click", () => {
      const step = arrange();
      this.#dialog.close();
      this.#undo.did(`Arrangement replaced by ${title}.`, step);
    });
    return button;
  }

  #keep() {
    const name = this.#name.value.trim();
    if (!name) return;
    const step = this.#named.keep(name, this.#layout.settings);
    if (!step) {
      this.#notice.say(`There is room for ${MOST} layouts. Delete one first.`);
      return;
    }
    this.#name.value = "";
    this.#list();
    this.#undo.did(`Kept as ${name}.`, this.#listing(step));
  }

  #own() {
    const step = this.#windowLayout.own();
    this.#list();
    this.#name.focus();
    this.#undo.did("This layout is yours from now on.", this.#listing(step));
  }

  #leave() {
    const step = this.#windowLayout.leave();
    this.#dialog.close();
    this.#undo.did("Back to your own layout.", step);
  }

  #copyLink() {
    this.#windowLayout.store();
    this.#onShare(new URL(location.href));
  }

  #export() {
    const { settings: layout } = this.#layout;
    const text = writeLayoutFile({ layout, layouts: this.#named.all(), watchlists: this.#lists.all });
    saveFile(FILE_NAME, "application/json", text);
  }

  /** @param {File | undefined} file */
  async #import(file) {
    if (!file) return;
    const { sentence, step } = await importFile(file, { layout: this.#layout, named: this.#named, lists: this.#lists });
    this.#list();
    if (step) this.#undo.did(sentence, this.#listing(step));
    else this.#notice.say(sentence);
  }

  /**
   * @param {Step} step
   * @returns {Step} that shows in the open dialog what it changes
   */
  #listing(step) {
    return () => {
      const next = step();
      this.#list();
      return this.#listing(next);
    };
  }
}
