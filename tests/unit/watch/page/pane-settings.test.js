// What each pane shows, as settings.

import assert from "node:assert/strict";
import { test } from "node:test";

import { boardsOf, readPanes, withChosen } from "../../../../watch/page/boards/panes/pane-settings.js";
import { board } from "./fields.js";

const [A, B, C, D, E] = ["a", "b", "c", "d", "e"].map((name) => ({ ...board("pct_change"), name }));
const USUAL = [A, B, C];
const DRAFT = { title: "Mine", by: "rvol", order: "ascending", where: ["close >= 2"], hours: ["pre"] };

/** @param {string[]} names */
const panes = (...names) => names.map((name) => ({ board: name }));

test("what was chosen is shown, as it is known now", () => {
  const renamed = { ...D, title: "Another" };
  assert.deepEqual(boardsOf(panes("a", "d", "c"), USUAL, [A, B, C, renamed]), [A, renamed, C]);
});

test("in the place of what is not published is a usual board that no other pane has", () => {
  assert.deepEqual(boardsOf(panes("a", "d", "c"), USUAL, USUAL), [A, B, C]);
  assert.deepEqual(boardsOf(panes("b", "d", "e"), USUAL, [A, B, C, E]), [B, A, E]);
  assert.deepEqual(boardsOf(panes("d", "e", "a"), USUAL, USUAL), [B, C, A]);
  assert.deepEqual(boardsOf(panes("a", "b", "c", "d"), USUAL, USUAL), [A, B, C, null]);
});

test("a screen that was made on the page is shown whatever is published", () => {
  const [draft] = readPanes([{ draft: DRAFT }]);
  assert.deepEqual(boardsOf([draft, ...panes("a")], USUAL, USUAL), [DRAFT, A]);
});

test("a board that another pane has changes places", () => {
  assert.deepEqual(withChosen(panes("a", "b", "c"), 0, { board: "d" }), panes("d", "b", "c"));
  assert.deepEqual(withChosen(panes("a", "b", "c"), 0, { board: "c" }), panes("c", "b", "a"));
  assert.deepEqual(withChosen(panes("a", "b", "c"), 1, { board: "b" }), panes("a", "b", "c"));
});

test("settings are read as they were written", () => {
  const whole = { board: "a", filters: { min_volume: "" }, sort: "-close", columns: ["symbol", "close:90"], share: 1.5 };
  assert.deepEqual(readPanes([whole, { draft: DRAFT }]), [whole, { draft: DRAFT }]);
});

test("settings of another hand do no harm", () => {
  for (const wrong of [null, 7, "a", {}, [], [null, 7, {}, { board: 5 }, { board: "A B" }, { draft: { by: 5 } }]]) {
    assert.deepEqual(readPanes(wrong), []);
  }
  // No board is in two panes, and there are six at most.
  assert.deepEqual(readPanes(panes("a", "a", "b")), panes("a", "b"));
  assert.equal(readPanes(panes(..."abcdefgh")).length, 6);
  const strange = { board: "a", filters: { close: "1", min_price: 5 }, sort: 5, columns: {}, share: "wide" };
  assert.deepEqual(readPanes([strange]), [{ board: "a", filters: {} }]);
});
