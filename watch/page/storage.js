// What the browser stores: for this tab, or for all of them. Storage can be blocked, full or absent: then the page
// remembers in memory, until it is closed.

/** One of the browser's storage areas. It never throws. */
export class SafeStorage {
  /** @type {Storage | null} */
  #area = null;
  /** What the area did not take. @type {Map<string, string | null>} */
  #memory = new Map();

  /** @param {() => Storage | null} area returns the browser's storage, or throws. */
  constructor(area) {
    try {
      this.#area = area() ?? null;
    } catch {
      // Blocked.
    }
  }

  /**
   * The stored text; null: none.
   *
   * @param {string} key
   * @returns {string | null}
   */
  get(key) {
    const remembered = this.#memory.get(key);
    if (remembered !== undefined) return remembered;
    try {
      return this.#area?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * The stored JSON, unvalidated; null: none.
   *
   * @param {string} key
   * @returns {any}
   */
  json(key) {
    try {
      return JSON.parse(this.get(key) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  set(key, text) {
    this.#change(key, text, (area) => area.setItem(key, text));
  }

  /** @param {string} key */
  remove(key) {
    this.#change(key, null, (area) => area.removeItem(key));
  }

  /**
   * @param {string} key
   * @param {string | null} text what `get` returns from now on
   * @param {(area: Storage) => void} change
   */
  #change(key, text, change) {
    try {
      if (this.#area === null) throw new Error("there is no storage");
      change(this.#area);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, text);
    }
  }
}

export const tabStorage = new SafeStorage(() => sessionStorage);
export const browserStorage = new SafeStorage(() => localStorage);
