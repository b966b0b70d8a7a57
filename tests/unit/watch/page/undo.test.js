// What the user takes back, and does again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Undo, together } from "../../../../watch/page/undo.js";

/** @import { Offer } from "../../../../watch/page/layout/notice.js" */
/** @import { Step } from "../../../../watch/page/undo.js" */

/** A page that shows a number, and what it says. */
function page() {
  const said = /** @type {{ sentence: string, offer: Offer | undefined }[]} */ ([]);
  const undo = new Undo({ say: (sentence, offer) => void said.push({ sentence, offer }) });
  let shown = 0;
  /** @param {number} number @returns {Step} */
  const show = (number) => {
    const before = shown;
    shown = number;
    return () => show(before);
  };
  return { said, undo, show: (/** @type {number} */ number) => undo.did(`${number}.`, show(number)), shown: () => shown };
}

test("the last is taken back first, and done again in turn", () => {
  const { said, undo, show, shown } = page();
  show(1);
  show(2);

  undo.undo();
  assert.equal(shown(), 1);
  undo.undo();
  assert.equal(shown(), 0);
  undo.redo();
  undo.redo();
  assert.equal(shown(), 2);
  assert.deepEqual(said.map(({ sentence }) => sentence), ["1.", "2.", "Taken back: 2.", "Taken back: 1.", "1.", "2."]);
});

test("the notice offers it", () => {
  const { said, show, shown } = page();
  show(1);
  said.at(-1)?.offer?.run();
  assert.deepEqual([shown(), said.at(-1)?.offer?.title], [0, "Redo"]);
  said.at(-1)?.offer?.run();
  assert.equal(shown(), 1);
});

test("what is done anew ends what could be done again", () => {
  const { said, undo, show, shown } = page();
  show(1);
  undo.undo();
  show(3);
  undo.redo();
  assert.deepEqual([shown(), said.at(-1)?.sentence], [3, "There is nothing to do again."]);
});

test("where nothing was done, that is said", () => {
  const { said, undo } = page();
  undo.undo();
  assert.deepEqual(said, [{ sentence: "There is nothing to take back.", offer: undefined }]);
});

test("steps that were taken together are taken back in the other order", () => {
  const order = /** @type {string[]} */ ([]);
  /** @param {string} name @returns {Step} */
  const step = (name) => () => {
    order.push(name);
    return step(name);
  };
  together([step("a"), step("b")])()();
  assert.deepEqual(order, ["a", "b", "b", "a"]);
});
