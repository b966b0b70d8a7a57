// What the user can take back, for all of the page: the last of it first, and again forth.

/** @import { Notice } from "./layout/notice.js" */

/** Takes something back. It returns what does it again, which can be taken back in turn. @typedef {() => Step} Step */

/** What was done, in a sentence, and what takes it back. @typedef {{ sentence: string, step: Step }} Deed */

const MOST = 50;

/** Offers to take back what was done, for a while in a notice and later by key. */
export class Undo {
  #notice;
  /** The newest last. @type {Deed[]} */
  #done = [];
  /** What was taken back, and could be done again. @type {Deed[]} */
  #undone = [];

  /** @param {Pick<Notice, "say">} notice */
  constructor(notice) {
    this.#notice = notice;
  }

  /**
   * Say what was done, and offer to take it back.
   *
   * @param {string} sentence
   * @param {Step} step
   */
  did(sentence, step) {
    this.#done = [...this.#done, { sentence, step }].slice(-MOST);
    this.#undone = [];
    this.#notice.say(sentence, { title: "Undo", key: "u", run: () => this.undo() });
  }

  /** Take back what was done last. */
  undo() {
    const deed = this.#done.pop();
    if (!deed) {
      this.#notice.say("There is nothing to take back.");
      return;
    }
    this.#undone.push({ ...deed, step: deed.step() });
    this.#notice.say(`Taken back: ${deed.sentence}`, { title: "Redo", key: "Shift + u", run: () => this.redo() });
  }

  /** Do again what was taken back last. */
  redo() {
    const deed = this.#undone.pop();
    if (!deed) {
      this.#notice.say("There is nothing to do again.");
      return;
    }
    this.#done.push({ ...deed, step: deed.step() });
    this.#notice.say(deed.sentence, { title: "Undo", key: "u", run: () => this.undo() });
  }
}

/**
 * Steps as one.
 *
 * @param {Step[]} steps in the order in which they are taken
 * @returns {Step}
 */
export function together(steps) {
  return () => together(steps.map((step) => step()).reverse());
}
