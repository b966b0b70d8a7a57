// Which columns a board has.

import assert from "node:assert/strict";
import { test } from "node:test";

import { columns, hasOwnColumn } from "../../../../watch/page/boards/columns.js";
import { FIELDS, board, field } from "./fields.js";

/** @import { Board } from "../../../../watch/page/declarations.js" */

/**
 * @param {Board} shown
 * @param {ReturnType<typeof field>[]} fields
 */
function keys(shown, fields = FIELDS) {
  return columns(shown, fields).map(({ key }) => key);
}

test("a board shows the change that it is about first, and the other one later", () => {
  assert.deepEqual(keys(board("pct_change")), [
    "rank", "symbol", "close", "pct_change", "accumulated_volume", "relative_volume", "free_float",
    "change", "pct_change_since_open", "aggregate_vwap", "prev_day_close",
  ]);
  assert.deepEqual(keys(board("pct_change_since_open", "open")), [
    "rank", "symbol", "close", "pct_change_since_open", "accumulated_volume", "relative_volume", "free_float",
    "change_since_open", "pct_change", "aggregate_vwap", "prev_day_close",
  ]);
});

test("a board by a field of its own shows it behind the price", () => {
  const made = field("made_up");
  assert.deepEqual(keys(board("made_up"), [...FIELDS, made]).slice(0, 5), [
    "rank", "symbol", "close", "made_up", "pct_change",
  ]);
  assert.ok(hasOwnColumn(board("made_up")));
  assert.ok(!hasOwnColumn(board("pct_change_since_open", "open")));
});

test("a field that the server does not have has no column", () => {
  const some = FIELDS.filter(({ name }) => name !== "free_float");
  assert.ok(!keys(board("pct_change"), some).includes("free_float"));
});

test("changes are coloured, and the price ticks", () => {
  const shown = columns(board("pct_change"), FIELDS);
  assert.deepEqual(shown.filter(({ signed }) => signed).map(({ key }) => key), [
    "pct_change", "change", "pct_change_since_open",
  ]);
  assert.deepEqual(shown.filter(({ ticks }) => ticks).map(({ key }) => key), ["close"]);
});
