// Which columns a board has.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  allColumns,
  essentialKeys,
  fitting,
  isByPercent,
  percentField,
  readChosen,
  usualKeys,
  writeChosen,
} from "../../../../watch/page/boards/columns/columns.js";
import { moreText, titlesBeyond } from "../../../../watch/page/boards/columns/more-columns.js";
import { FIELDS, board, field } from "./fields.js";

test("a board shows the change that it is about first, and the other one later", () => {
  assert.deepEqual(usualKeys(board("pct_change")), [
    "rank", "move", "symbol", "close", "pct_change", "accumulated_volume", "relative_volume", "spark",
    "free_float", "rvol", "change", "pct_change_since_open", "aggregate_vwap", "prev_day_close",
  ]);
  const sinceOpen = usualKeys(board("pct_change_since_open", "open"));
  assert.equal(sinceOpen[4], "pct_change_since_open");
  assert.equal(sinceOpen[10], "change_since_open");
});

test("a board by a field of its own shows it behind the price", () => {
  assert.deepEqual(usualKeys(board("made_up")).slice(2, 6), ["symbol", "close", "made_up", "pct_change"]);
});

test("a narrow board shows the most important columns, in their order", () => {
  /**
   * @param {number} columns for which there is room
   * @param {string[]} filtered
   */
  const shown = (columns, filtered = []) => fitting(board("pct_change"), filtered, () => 10, columns * 10);
  assert.deepEqual(shown(5), ["rank", "symbol", "close", "pct_change", "accumulated_volume"]);
  assert.equal(shown(14).length, 14);

  // What is filtered by comes before what is not, even if it is no usual column
  assert.deepEqual(shown(6, ["free_float", "made_up"]), [
    "rank", "symbol", "close", "pct_change", "free_float", "made_up",
  ]);

  // And a board never lacks what it is about
  assert.deepEqual(shown(4), ["rank", "symbol", "close", "pct_change"]);
  assert.deepEqual(shown(1), ["symbol", "pct_change"]);
  assert.deepEqual(essentialKeys(board("accumulated_volume")), ["rank", "symbol", "close", "accumulated_volume"]);

  // Columns move together for what every board needs, and not for the others
  assert.deepEqual(shown(3.7), ["rank", "symbol", "close", "pct_change"]);
  assert.equal(shown(4.9).length, 4);
  assert.equal(shown(6.9).length, 6);
});

test("columns beyond the right side are named", () => {
  const columns = ["#", "Symbol", "Price", "RVol"].map((title) => ({ title, width: 50 }));
  assert.deepEqual(titlesBeyond(columns, 200), []);
  assert.deepEqual(titlesBeyond(columns, 149), ["RVol"]);
  assert.deepEqual(titlesBeyond(columns, 120), ["Price", "RVol"]);
  assert.equal(moreText(["RVol"]), "1 more column: RVol \u2192");
  assert.equal(moreText(["Price", "RVol"]), "2 more columns: Price, RVol \u2192");
  assert.equal(moreText([]), "\u2190 First columns");
});

test("a field that the server does not have has no column", () => {
  const width = (/** @type {string} */ key) => (key === "free_float" ? 0 : 10);
  assert.ok(!fitting(board("pct_change"), ["free_float"], width, 1_000).includes("free_float"));
});

test("changes are coloured, and the price ticks", () => {
  const shown = [...allColumns(FIELDS).values()];
  assert.deepEqual(shown.filter(({ signed }) => signed).map(({ key }) => key), [
    "change", "pct_change", "change_since_open", "pct_change_since_open",
  ]);
  assert.deepEqual(shown.filter(({ ticks }) => ticks).map(({ key }) => key), ["close"]);
});

test("a column names the fields that it reads", () => {
  const columns = allColumns([field("rel", "times", { unknown_if_zero: ["avg"] }), field("change", "dollars")]);
  assert.deepEqual(columns.get("rel")?.fields, ["rel", "avg"]);
  assert.deepEqual(columns.get("change")?.fields, ["change", "close"]);
  assert.deepEqual(columns.get("symbol")?.fields, []);
});

test("a board by percent is filtered by that, another by the change beside its rows", () => {
  const fields = [...FIELDS, field("pct_change_5m", "percent")];
  assert.ok(isByPercent(board("pct_change_5m"), fields));
  assert.equal(percentField(board("pct_change_5m"), fields), "pct_change_5m");
  assert.equal(percentField(board("accumulated_volume"), fields), "pct_change");
  assert.equal(percentField(board("accumulated_volume", "open"), fields), "pct_change_since_open");
});

test("columns that were chosen are kept with their widths", () => {
  const all = allColumns(FIELDS);
  const chosen = [{ key: "symbol" }, { key: "close", width: 90 }];
  assert.deepEqual(writeChosen(chosen), ["symbol", "close:90"]);
  assert.deepEqual(readChosen(["symbol", "close:90"], all, "close"), chosen);
  assert.deepEqual(readChosen(["close", "none", 5, "close:90", "symbol:9999"], all, "close"), [
    { key: "close" }, { key: "symbol" },
  ]);
  // What ranks the board is always among them
  assert.deepEqual(readChosen(["symbol"], all, "close"), [{ key: "symbol" }, { key: "close" }]);
  for (const wrong of [null, undefined, "close", {}]) assert.deepEqual(readChosen(wrong, all, "close"), []);
});
