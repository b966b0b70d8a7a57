// Which layout a window shows: the one of its address, its tab or its user.

import { browserStorage, tabStorage } from "../storage.js";
import { compactText, readCompactText } from "./compact-text.js";
import { readLayout } from "./desk-layout.js";

/** @import { Step } from "../undo.js" */
/** @import { DeskLayout, LayoutSettings } from "./desk-layout.js" */

const STORED_AS = "layout";
/** A drag changes the layout with each movement. */
const WRITE_AFTER_MS = 300;

/**
 * Keeps the address of a window up to date with its layout.
 *
 * The user's own layout is stored in the browser, and shown where an address names none. Somebody else's comes with a
 * link: it is shown, and changes nothing of the user's own until they take it over. The tab remembers which of the two
 * it shows, so that windows keep apart when they are loaded again.
 */
export class WindowLayout {
  #layout;
  #isVisit;
  #isOwn = true;
  /** Until it ends, changes are not stored yet; 0: it does not run. */
  #timer = 0;
  /** The layout that the tab remembers. */
  #text = "";

  /**
   * @param {DeskLayout} layout
   * @param {{ isVisit: boolean }} options isVisit: the address changes the user's layout in another way
   */
  constructor(layout, { isVisit }) {
    this.#layout = layout;
    this.#isVisit = isVisit;
  }

  /** Show what the window begins with, and write down each change from then on. */
  open() {
    const tab = tabStorage.json(STORED_AS);
    // The address of a reload is that before the last changes. The tab has them.
    if (tab && isReload()) this.#become(!this.#isVisit && tab.isOwn === true, layoutOf(String(tab.text)) ?? {});
    else this.#show();
    this.#layout.watch(() => this.#onChange());
    // A link to this page was followed, or pasted, in this window.
    addEventListener("hashchange", () => this.#show());
    addEventListener("pagehide", () => {
      if (this.#timer !== 0) this.store();
    });
  }

  /** Whether the layout is the user's own: no link brought it. */
  get isOwn() {
    return this.#isOwn;
  }

  /**
   * Take the shown layout over as the user's own.
   *
   * @returns {Step} gives the user the one back that they had
   */
  own() {
    const before = browserStorage.get(STORED_AS) ?? USUAL;
    const text = compactText(this.#layout.settings);
    browserStorage.set(STORED_AS, text);
    this.#isOwn = true;
    this.#remember(text);
    return () => {
      browserStorage.set(STORED_AS, before);
      this.#isOwn = false;
      this.#remember(compactText(this.#layout.settings));
      return () => this.own();
    };
  }

  /**
   * Go back to the user's own layout.
   *
   * @returns {Step} shows the link's again
   */
  leave() {
    return this.#become(true, storedLayout());
  }

  /**
   * @param {boolean} isOwn
   * @param {LayoutSettings} settings
   * @returns {Step}
   */
  #become(isOwn, settings) {
    const [wasOwn, before] = [this.#isOwn, this.#layout.settings];
    this.#isOwn = isOwn;
    this.#layout.apply(settings);
    this.#remember(compactText(this.#layout.settings));
    return () => this.#become(wasOwn, before);
  }

  /** Store the first change at once: the window may be loaded again before the next. Then at most one in a while. */
  #onChange() {
    if (this.#timer !== 0) return;
    this.store();
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.store();
    }, WRITE_AFTER_MS);
  }

  #show() {
    const linked = addressedLayout();
    const tab = tabStorage.json(STORED_AS);
    const text = compactText(linked);
    const isKnown = text === browserStorage.get(STORED_AS) || (tab?.isOwn && text === tab.text);
    this.#isOwn = !this.#isVisit && (linked === null || isKnown);
    // Where the address names none it is the tab's own: another window may have stored another one meanwhile.
    const own = tab?.isOwn ? layoutOf(String(tab.text)) : null;
    this.#layout.apply(linked ?? own ?? storedLayout());
    this.#remember(compactText(this.#layout.settings));
  }

  /** Bring the address and what is stored up to date. */
  store() {
    const text = compactText(this.#layout.settings);
    // Another window may have stored its own: that stays, unless the user changed this one.
    if (text === this.#text) return;
    if (this.#isOwn) browserStorage.set(STORED_AS, text);
    this.#remember(text);
  }

  /** @param {string} text */
  #remember(text) {
    this.#text = text;
    tabStorage.set(STORED_AS, JSON.stringify({ text, isOwn: this.#isOwn }));
    const url = new URL(location.href);
    url.hash = text === USUAL ? "" : text;
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }
}

/** The layout of which everything is as usual. */
const USUAL = compactText({});

/** @returns {LayoutSettings | null} null: the address names none */
function addressedLayout() {
  const text = location.hash.slice(1);
  // Some programs encode brackets in the links that they send on.
  const isEncoded = text.startsWith("%28");
  return layoutOf(isEncoded ? text.replace(/%(21|28|29|2c|3a)/gi, decodeURIComponent) : text);
}

/** @returns {LayoutSettings} the user's own */
function storedLayout() {
  return layoutOf(browserStorage.get(STORED_AS) ?? "") ?? {};
}

/**
 * @param {string} text
 * @returns {LayoutSettings | null} null: it is no layout
 */
function layoutOf(text) {
  return readLayout(readCompactText(text));
}

function isReload() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming && navigation.type === "reload";
}
