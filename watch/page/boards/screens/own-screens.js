// Screens that were made on the page. The browser stores them until their user deletes them.

import { freeName } from "../../free-name.js";
import { browserStorage } from "../../storage.js";
import { LONGEST_TITLE, readDraft } from "./draft.js";

/** @import { Step } from "../../undo.js" */
/** @import { Draft } from "./draft.js" */

const STORED_AS = "screens";
export const MOST = 20;
/** For the number behind a title that is taken. */
const NUMBER_LENGTH = 4;

/** The user's own screens, each with a title of its own. */
export class OwnScreens {
  /** In the order in which they were made. @returns {Draft[]} */
  get all() {
    const stored = browserStorage.json(STORED_AS);
    return Array.isArray(stored) ? stored.flatMap((each) => readDraft(each) ?? []).slice(0, MOST) : [];
  }

  /** Whether one more would not be stored. */
  get isFull() {
    return this.all.length >= MOST;
  }

  /** @param {Draft} draft */
  has(draft) {
    return this.all.some((each) => isSame(each, draft));
  }

  /**
   * Keep a screen, unless there is no room for it.
   *
   * @param {Draft} draft
   * @returns {Draft} with a number behind its title where another screen has that
   */
  keep(draft) {
    if (this.has(draft)) return draft;
    const { all } = this;
    const titled = withFreeTitle(draft, all);
    if (all.length < MOST) this.#store([...all, titled]);
    return titled;
  }

  /**
   * Keep a screen in the place of another.
   *
   * @param {Draft} before
   * @param {Draft} draft
   * @returns {Draft} with a number behind its title where a third screen has that
   */
  change(before, draft) {
    const { all } = this;
    const place = all.findIndex((each) => isSame(each, before));
    if (place < 0) return this.keep(draft);
    const titled = withFreeTitle(draft, all.toSpliced(place, 1));
    this.#store(all.toSpliced(place, 1, titled));
    return titled;
  }

  /**
   * @param {Draft} draft
   * @returns {Step} keeps it again
   */
  remove(draft) {
    this.#store(this.all.filter((each) => !isSame(each, draft)));
    return () => {
      this.keep(draft);
      return () => this.remove(draft);
    };
  }

  /** @param {Draft[]} drafts */
  #store(drafts) {
    browserStorage.set(STORED_AS, JSON.stringify(drafts));
  }
}

/**
 * @param {Draft} a
 * @param {Draft} b
 */
export function isSame(a, b) {
  return JSON.stringify(readDraft(a)) === JSON.stringify(readDraft(b));
}

/**
 * @param {Draft} draft
 * @param {Draft[]} others
 * @returns {Draft}
 */
function withFreeTitle(draft, others) {
  const titles = others.map(({ title }) => title);
  if (!titles.includes(draft.title)) return draft;
  return { ...draft, title: freeName(draft.title.slice(0, LONGEST_TITLE - NUMBER_LENGTH), titles) };
}
