// The user's lists of symbols. The browser stores them, for all of its windows.

import { freeName } from "../free-name.js";
import { browserStorage } from "../storage.js";
import { together } from "../undo.js";
import { MOST_LISTS, MOST_SYMBOLS, merged, readLists } from "./lists.js";

/** @import { Step } from "../undo.js" */
/** @import { List, Merged } from "./lists.js" */

const STORED_AS = "watchlists";
const FIRST_NAME = "Watchlist";

/** All lists; there is at least one. Other windows of the browser show each change at once. */
export class Watchlists {
  /** @type {List[]} */
  #lists = stored();
  /** @type {Set<() => void>} */
  #listeners = new Set();

  constructor() {
    addEventListener("storage", ({ key }) => {
      if (key !== STORED_AS) return;
      this.#lists = stored();
      this.#call();
    });
  }

  get all() {
    return this.#lists;
  }

  /** The names of all lists. */
  get names() {
    return this.#lists.map(({ name }) => name);
  }

  /** Whether there is room for another list. */
  get isRoom() {
    return this.#lists.length < MOST_LISTS;
  }

  /** @param {() => void} listener called whenever a list has changed, also in another window */
  watch(listener) {
    this.#listeners.add(listener);
  }

  /**
   * The symbols of a list; none where there is no such list.
   *
   * @param {string} name
   */
  symbols(name) {
    return this.#lists.find((list) => list.name === name)?.symbols ?? [];
  }

  /**
   * @param {string} name
   * @param {string[]} symbols the first hundred are taken
   */
  put(name, symbols) {
    const taken = symbols.slice(0, MOST_SYMBOLS);
    this.#store(this.#lists.map((list) => (list.name === name ? { name, symbols: taken } : list)));
  }

  /**
   * Add a list.
   *
   * @param {string} name
   * @param {string[]} symbols
   * @returns {string} its name: another one, where that was taken
   */
  add(name, symbols = []) {
    const free = freeName(name, this.names);
    this.#store([...this.#lists, { name: free, symbols }]);
    return free;
  }

  /**
   * @param {string} name
   * @param {string} wanted
   * @returns {string} its new name: another one, where the wanted was taken
   */
  rename(name, wanted) {
    const free = freeName(wanted, this.names.filter((each) => each !== name));
    this.#store(this.#lists.map((list) => (list.name === name ? { ...list, name: free } : list)));
    return free;
  }

  /**
   * @param {string} name
   * @returns {Step} brings it back to its place
   */
  remove(name) {
    const at = this.names.indexOf(name);
    const list = this.#lists[at];
    this.#store(this.#lists.filter((each) => each !== list));
    return () => this.#insert(list, at);
  }

  /**
   * @param {List[]} lists of a file
   * @returns {Omit<Merged, "lists"> & { step: Step }} step: takes them out again
   */
  merge(lists) {
    const { lists: all, ...counts } = merged(this.#own, lists);
    this.#store(all);
    return { ...counts, step: together(counts.taken.map(({ name }) => () => this.remove(name)).reverse()) };
  }

  /**
   * @param {List | undefined} list undefined: another window had deleted it already
   * @param {number} at
   * @returns {Step}
   */
  #insert(list, at) {
    if (!list) return () => this.#insert(list, at);
    const name = freeName(list.name, this.#own.map((each) => each.name));
    this.#store(this.#own.toSpliced(at, 0, { ...list, name }));
    return () => this.remove(name);
  }

  /** The lists without the one that is there when the user has made none. */
  get #own() {
    const [first] = this.#lists;
    const isUntouched = this.#lists.length === 1 && first.name === FIRST_NAME && first.symbols.length === 0;
    return isUntouched ? [] : this.#lists;
  }

  /** @param {List[]} lists */
  #store(lists) {
    browserStorage.set(STORED_AS, JSON.stringify(lists));
    this.#lists = orFirst(lists);
    this.#call();
  }

  #call() {
    for (const listener of this.#listeners) listener();
  }
}

/** @returns {List[]} */
function stored() {
  return orFirst(readLists(browserStorage.json(STORED_AS)));
}

/**
 * @param {List[]} lists
 * @returns {List[]}
 */
function orFirst(lists) {
  return lists.length > 0 ? lists : [{ name: FIRST_NAME, symbols: [] }];
}
