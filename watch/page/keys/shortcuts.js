// Keys that work anywhere on the page, except where the user types.

import { browserStorage } from "../storage.js";

/**
 * @typedef {object} Shortcut
 * @property {string} key as KeyboardEvent.key has it: `w`, `?`, `Escape`, `Shift+F6`; or two keys, one after the other: `g c`
 * @property {string} title what it does: `Copy the symbol`
 * @property {string} group under which the help lists it: `Symbol`
 * @property {() => unknown} run returns false: there was nothing to do, and the browser may use the key
 * @property {string} [label] how the help names the key, where that is another: `Shift + [`
 * @property {boolean} [repeats] whether it goes on while the key is held down
 */

const STORED_AS = "shortcuts";
const OFF = "off";
/** Within so long the second of two keys must follow. */
const SEQUENCE_MS = 1_500;
/** Function keys work wherever the keyboard is. */
const TYPES_NOTHING = /^(Shift\+)?F\d+$/;
/** Inputs in which no letters are typed. */
const NO_TEXT = ["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"];

/** Runs what belongs to a key. */
export class Shortcuts {
  /** By key. @type {Map<string, Shortcut>} */
  #shortcuts = new Map();
  /** The first of two keys, and when it was pressed, milliseconds of performance.now(). */
  #first = { key: "", at: -Infinity };
  #areOn = browserStorage.get(STORED_AS) !== OFF;

  constructor() {
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * Run something when a key is pressed. Each key is taken once.
   *
   * @param {Shortcut} shortcut
   */
  add(shortcut) {
    if (this.#shortcuts.has(shortcut.key)) throw new Error(`two shortcuts have the key ${shortcut.key}`);
    this.#shortcuts.set(shortcut.key, shortcut);
  }

  /** All shortcuts, in the order in which they were added. */
  all() {
    return [...this.#shortcuts.values()];
  }

  /** Whether letters and signs work. Who speaks to the machine turns them off: dictation would press them. */
  get areOn() {
    return this.#areOn;
  }

  set areOn(areOn) {
    this.#areOn = areOn;
    if (areOn) browserStorage.remove(STORED_AS);
    else browserStorage.set(STORED_AS, OFF);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const key = keyOf(event);
    if (key === null || event.defaultPrevented || document.querySelector("dialog:modal")) return;
    // It closes what is open above the page first.
    if (key === "Escape" && document.querySelector(":popover-open")) return;
    const sequence = `${this.#first.key} ${key}`;
    const isInTime = performance.now() - this.#first.at < SEQUENCE_MS;
    const shortcut = (isInTime ? this.#shortcuts.get(sequence) : undefined) ?? this.#shortcuts.get(key);
    this.#first = { key: "", at: -Infinity };
    if (isTyping(event.target) && !TYPES_NOTHING.test(key)) {
      if (key === "Escape") leave(event);
      return;
    }
    if (!this.#areOn && key.length === 1) return;
    if (shortcut) {
      const isDone = event.repeat && !shortcut.repeats ? undefined : shortcut.run();
      if (isDone !== false) event.preventDefault();
    } else {
      this.#first = { key, at: performance.now() };
    }
  }
}

/**
 * The key that was pressed; null: it belongs to the browser or the system.
 *
 * @param {KeyboardEvent} event
 */
function keyOf(event) {
  // On many keyboards brackets need AltGr, which counts as Ctrl and Alt.
  const isCommand = event.ctrlKey || event.altKey || event.metaKey;
  if (event.isComposing || (isCommand && !event.getModifierState("AltGraph"))) return null;
  if (event.key.length > 1 && event.shiftKey) return `Shift+${event.key}`;
  const isCapsLocked = event.key.length === 1 && !event.shiftKey;
  return isCapsLocked ? event.key.toLowerCase() : event.key;
}

/**
 * Escape closes one thing, the innermost: it leaves the input, and what was typed stays.
 *
 * @param {KeyboardEvent} event
 */
function leave(event) {
  event.preventDefault();
  if (event.target instanceof HTMLElement) event.target.blur();
}

/**
 * Whether letters go into this element.
 *
 * @param {EventTarget | null} target
 */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type);
  return target.isContentEditable || target.matches("textarea, select");
}
