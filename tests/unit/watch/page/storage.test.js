// Storage that can be blocked, full or absent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SafeStorage } from "../../../../watch/page/storage.js";

const full = () => {
  throw new Error("full");
};

/**
 * A browser's storage.
 *
 * @param {Map<string, string>} content
 * @returns {Storage}
 */
function area(content, setItem = (/** @type {string} */ key, /** @type {string} */ text) => void content.set(key, text)) {
  return {
    length: 0,
    clear: () => content.clear(),
    key: () => null,
    getItem: (key) => content.get(key) ?? null,
    setItem,
    removeItem: (key) => void content.delete(key),
  };
}

test("texts are stored", () => {
  // Given a browser that stores
  const content = new Map([["before", "1"]]);
  const storage = new SafeStorage(() => area(content));

  // When texts are set and removed
  storage.set("key", "text");
  storage.remove("before");

  // Then the browser has them, and nothing else
  assert.deepEqual([...content], [["key", "text"]]);
  assert.equal(storage.get("key"), "text");
  assert.equal(storage.get("before"), null);
});

/** @type {[string, () => Storage | null][]} */
const AREAS = [
  ["blocked", full],
  ["absent", () => null],
  ["full", () => area(new Map(), full)],
];
for (const [how, opened] of AREAS) {
  test(`where storage is ${how}, the page remembers`, () => {
    const storage = new SafeStorage(opened);
    assert.equal(storage.get("key"), null);
    storage.set("key", "text");
    assert.equal(storage.get("key"), "text");
    storage.remove("key");
    assert.equal(storage.get("key"), null);
  });
}

test("a storage that is full does not bring back what it had", () => {
  const storage = new SafeStorage(() => area(new Map([["key", "old"]]), full));
  storage.set("key", "new");
  assert.equal(storage.get("key"), "new");
});

test("stored JSON that is junk is none", () => {
  const storage = new SafeStorage(() => area(new Map([["junk", '{"key":'], ["json", '{"key":1}']])));
  assert.equal(storage.json("junk"), null);
  assert.equal(storage.json("none"), null);
  assert.deepEqual(storage.json("json"), { key: 1 });
});
