// The API key, where the gateway asks for one. Only the tab stores it, and it is never part of an address.

import { tabStorage } from "../storage.js";

const STORED_AS = "api-key";

/** The key that the user gave; null: none. */
export function knownKey() {
  return tabStorage.get(STORED_AS);
}

/** @param {string} key */
export function storeKey(key) {
  tabStorage.set(STORED_AS, key);
}

export function forgetKey() {
  tabStorage.remove(STORED_AS);
}
