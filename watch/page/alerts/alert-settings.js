// How the user wants to be called by alerts: kept in this browser, for all its windows.

import { SOUNDS, usualSound } from "./sounds.js";

/** @import { SafeStorage } from "../storage.js" */
/** @import { SoundName } from "./sounds.js" */

const STORED_AS = "alerts";

/** Reads and keeps the settings. What is stored may be junk, or of another window: it is read each time. */
export class AlertSettings {
  #storage;

  /** @param {SafeStorage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** Whether alerts make no sound. */
  get isMuted() {
    return this.#read().muted === true;
  }

  set isMuted(isMuted) {
    this.#change({ muted: isMuted });
  }

  /** Until when alerts neither sound nor notify, Unix milliseconds; 0: they do. */
  get quietUntil() {
    const { quietUntil } = this.#read();
    return Number.isFinite(quietUntil) && quietUntil > Date.now() ? quietUntil : 0;
  }

  set quietUntil(until) {
    this.#change({ quietUntil: until });
  }

  /** Whether the browser shows notifications, if it may. */
  get notifies() {
    return this.#read().notifies === true;
  }

  set notifies(notifies) {
    this.#change({ notifies });
  }

  /**
   * The sound of a rule.
   *
   * @param {string} rule
   * @param {string[]} rules all of them, in their order
   * @returns {SoundName}
   */
  soundOf(rule, rules) {
    const chosen = this.#read().sounds?.[rule];
    return Object.hasOwn(SOUNDS, chosen) ? chosen : usualSound(rules.indexOf(rule));
  }

  /**
   * @param {string} rule
   * @param {SoundName} sound
   */
  chooseSound(rule, sound) {
    this.#change({ sounds: { ...this.#read().sounds, [rule]: sound } });
  }

  /** @returns {any} */
  #read() {
    return this.#storage.json(STORED_AS) ?? {};
  }

  /** @param {object} changes */
  #change(changes) {
    this.#storage.set(STORED_AS, JSON.stringify({ ...this.#read(), ...changes }));
  }
}
