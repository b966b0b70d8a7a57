// Makes, changes and deletes the user's own screens.

import { ScreenDialog } from "./screen-dialog.js";

/** @import { Field } from "../../declarations.js" */
/** @import { Notice } from "../../layout/notice.js" */
/** @import { Step, Undo } from "../../undo.js" */
/** @import { Draft } from "./draft.js" */
/** @import { OwnScreens } from "./own-screens.js" */

/** Asks in a dialog what a screen is to be, and keeps it. */
export class ScreenMaker {
  #own;
  #parts;
  #options;
  #dialog;

  /**
   * @param {OwnScreens} own
   * @param {{ fields: Field[], notice: Notice, undo: Undo }} parts fields: those that can rank and be tested
   * @param {object} options
   * @param {(draft: Draft) => boolean} options.onMade called with a new screen to show; returns whether there was room
   * @param {() => void} options.onOwn called when other screens are the user's own
   */
  constructor(own, parts, options) {
    this.#own = own;
    this.#parts = parts;
    this.#options = options;
    this.#dialog = new ScreenDialog(parts.fields);
  }

  get element() {
    return this.#dialog.element;
  }

  /** @param {Draft | null} from a screen to go on from; null: from the beginning */
  make(from) {
    this.#dialog.make(from, !this.#own.isFull, (made) => {
      const isShown = this.#options.onMade(this.#own.keep(made));
      this.#options.onOwn();
      if (!isShown) this.#parts.notice.say("Six boards are shown already. The screen is in the lists of their headings.");
    });
  }

  /**
   * @param {Draft} draft
   * @param {(changed: Draft) => void} onChanged called with what comes in its place
   */
  change(draft, onChanged) {
    const isKept = this.#own.has(draft) || !this.#own.isFull;
    this.#dialog.change(draft, isKept, (changed) => onChanged(this.#own.change(draft, changed)));
  }

  /** @param {Draft} draft */
  delete(draft) {
    const step = this.#listing(() => this.#own.remove(draft));
    this.#parts.undo.did(`Deleted the screen ${draft.title}.`, step());
  }

  /**
   * @param {Step} step
   * @returns {Step} that also says that other screens are the user's own
   */
  #listing(step) {
    return () => {
      const next = step();
      this.#options.onOwn();
      return this.#listing(next);
    };
  }
}
