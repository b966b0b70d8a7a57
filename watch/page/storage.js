// What the browser keeps: for this tab, and for all of them. Where it keeps nothing - storage can be blocked, full or
// absent - this page remembers it until it is closed.
//
// Not a module: theme.js needs it before the first paint.
"use strict";

{
  class Kept {
    #area = null;
    #memory = new Map();

    /** @param area returns the browser's storage, or throws. */
    constructor(area) {
      try {
        this.#area = area() ?? null;
      } catch {
        // Blocked.
      }
    }

    /** The text that is kept; null: none. */
    get(key) {
      if (this.#memory.has(key)) return this.#memory.get(key);
      try {
        return this.#area?.getItem(key) ?? null;
      } catch {
        return null;
      }
    }

    /** The JSON that is kept, whatever it says; null: none. */
    json(key) {
      try {
        return JSON.parse(this.get(key));
      } catch {
        return null;
      }
    }

    set(key, text) {
      try {
        this.#area.setItem(key, text);
        this.#memory.delete(key);
      } catch {
        this.#memory.set(key, text);
      }
    }

    remove(key) {
      try {
        this.#area.removeItem(key);
        this.#memory.delete(key);
      } catch {
        this.#memory.set(key, null);
      }
    }
  }

  globalThis.storage = { tab: new Kept(() => sessionStorage), browser: new Kept(() => localStorage) };
}
