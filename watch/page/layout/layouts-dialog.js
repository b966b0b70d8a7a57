// The dialog of layouts: presets, the user's own by name, links and files.

import { byId, make, makeText } from "../elements.js";
import { saveFile } from "../exchange/save-file.js";
import { keepLinkTemplate, linkTemplate, symbolLink } from "../exchange/symbol-link.js";
import { readLayoutFile, writeLayoutFile } from "./layout-file.js";
import { MOST, NamedLayouts } from "./named-layouts.js";
import { PRESETS } from "./presets.js";

/** @import { Watchlists } from "../watchlist/watchlists.js" */
/** @import { DeskLayout, LayoutSettings } from "./desk-layout.js" */
/** @import { Notice } from "./notice.js" */
/** @import { WindowLayout } from "./window-layout.js" */

const FILE_NAME = "leaderboards-desk.json";
/** Fifty layouts and thirty full lists are far smaller. */
const LARGEST_FILE = 4_000_000;

/** Arranges the desk, and keeps, sends and brings back arrangements. */
export class LayoutsDialog {
  #dialog = byId("layouts", HTMLDialogElement);
  #visit = byId("layouts-visit", HTMLElement);
  #kept = byId("layouts-kept", HTMLUListElement);
  #name = byId("layouts-name", HTMLInputElement);
  #template = byId("layouts-template", HTMLInputElement);
  #named = new NamedLayouts();
  #layout;
  #windowLayout;
  #lists;
  #onShare;
  #notice;

  /**
   * @param {object} parts
   * @param {DeskLayout} parts.layout
   * @param {WindowLayout} parts.windowLayout
   * @param {Watchlists} parts.lists
   * @param {Notice} parts.notice
   * @param {(url: URL) => void} parts.onShare called with the page's address when the user wants a link to the desk
   */
  constructor({ layout, windowLayout, lists, notice, onShare }) {
    this.#layout = layout;
    this.#windowLayout = windowLayout;
    this.#lists = lists;
    this.#onShare = onShare;
    this.#notice = notice;
    const presets = PRESETS.map(({ title, about, settings }) => this.#preset(title, about, settings));
    byId("layouts-presets", HTMLUListElement).append(...presets, this.#preset("Usual", "As at the first visit", {}));
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
    byId("layouts-elsewhere", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keepTemplate();
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
    this.#template.value = linkTemplate();
    this.#dialog.showModal();
  }

  #list() {
    this.#visit.hidden = this.#windowLayout.isOwn;
    this.#kept.replaceChildren(...[...this.#named.all()].map(([name, settings]) => this.#keptLayout(name, settings)));
  }

  /**
   * @param {string} title
   * @param {string} about
   * @param {LayoutSettings} settings
   */
  #preset(title, about, settings) {
    const item = make("li");
    item.append(this.#applies(title, settings), makeText("span", "about", about));
    return item;
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
      this.#named.remove(name);
      this.#list();
      this.#name.focus();
      this.#notice.say(`Deleted the layout ${name}.`);
    });
    item.append(this.#applies(name, settings), remove);
    return item;
  }

  /**
   * A button that arranges the desk.
   *
   * @param {string} title
   * @param {LayoutSettings} settings
   */
  #applies(title, settings) {
    const button = makeText("button", "", title);
    button.type = "button";
    button.addEventListener("click", () => {
      this.#layout.apply(settings);
      this.#dialog.close();
      this.#notice.say(`Layout: ${title}.`);
    });
    return button;
  }

  #keep() {
    const name = this.#name.value.trim();
    if (!name) return;
    if (!this.#named.keep(name, this.#layout.settings)) {
      this.#notice.say(`There is room for ${MOST} layouts. Delete one first.`);
      return;
    }
    this.#name.value = "";
    this.#list();
    this.#notice.say(`Kept as ${name}.`);
  }

  #keepTemplate() {
    const { value } = this.#template;
    const isValid = value.trim() === "" || symbolLink(value, "AAPL") !== null;
    if (isValid) keepLinkTemplate(value);
    this.#notice.say(isValid ? "Kept. The key o opens the page." : "That is no address with {symbol} in it.");
  }

  #own() {
    this.#windowLayout.own();
    this.#list();
    this.#notice.say("This layout is yours from now on.");
  }

  #leave() {
    this.#windowLayout.leave();
    this.#dialog.close();
    this.#notice.say("Back to your own layout.");
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
    const content = file.size > LARGEST_FILE ? "This file is too large." : readLayoutFile(await file.text());
    if (typeof content === "string") {
      this.#notice.say(content);
      return;
    }
    this.#named.merge(content.layouts);
    this.#lists.merge(content.watchlists);
    this.#layout.apply(content.layout);
    this.#list();
    this.#notice.say(`Imported ${content.layouts.size} layouts and ${content.watchlists.length} watchlists.`);
  }
}
