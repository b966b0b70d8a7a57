// The order of a board's rows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSort, readSort, sortCaption, sortedRows, writeSort } from "../../../../watch/page/boards/rows/sorting.js";
import { asRows } from "./rows.js";

/** @import { Sort } from "../../../../watch/page/boards/rows/sorting.js" */

const ROWS = asRows([
  { rank: 1, symbol: "MSFT", close: 2 },
  { rank: 2, symbol: "AAPL", close: 9 },
  { rank: 3, symbol: "NEW" },
  { rank: 4, symbol: "IBM", close: 2 },
]);

/** @param {Sort} sort */
function order(sort) {
  return sortedRows(ROWS, sort).map(({ symbol }) => symbol);
}

test("a title sorts descending, then ascending, then by rank", () => {
  const first = nextSort(null, "close");
  const second = nextSort(first, "close");

  assert.deepEqual(first, { key: "close", down: true });
  assert.deepEqual(second, { key: "close", down: false });
  assert.equal(nextSort(second, "close"), null);
});

test("symbols start ascending", () => {
  assert.deepEqual(nextSort(null, "symbol"), { key: "symbol", down: false });
  assert.deepEqual(nextSort({ key: "symbol", down: false }, "symbol"), { key: "symbol", down: true });
});

test("another title starts anew, and rank brings back the order", () => {
  assert.deepEqual(nextSort({ key: "close", down: false }, "change"), { key: "change", down: true });
  assert.equal(nextSort({ key: "close", down: true }, "rank"), null);
});

test("equal rows keep the order of their ranks, and unknown ones come last", () => {
  assert.deepEqual(order({ key: "close", down: true }), ["AAPL", "MSFT", "IBM", "NEW"]);
  assert.deepEqual(order({ key: "close", down: false }), ["MSFT", "IBM", "AAPL", "NEW"]);
});

test("symbols sort by letter", () => {
  assert.deepEqual(order({ key: "symbol", down: false }), ["AAPL", "IBM", "MSFT", "NEW"]);
  assert.deepEqual(order({ key: "symbol", down: true }), ["NEW", "MSFT", "IBM", "AAPL"]);
  assert.deepEqual(order(null), ["MSFT", "AAPL", "NEW", "IBM"]);
});

test("the heading says what the board is sorted by", () => {
  assert.equal(sortCaption({ key: "rvol", down: true }, "RVol"), "sorted by RVol, highest first");
  assert.equal(sortCaption({ key: "rvol", down: false }, "RVol"), "sorted by RVol, lowest first");
  assert.equal(sortCaption({ key: "symbol", down: false }, "Symbol"), "sorted by symbol, A first");
});

test("a sort is kept as a setting", () => {
  const columns = new Map([["close", 1], ["rank", 1]]);
  for (const sort of [null, { key: "close", down: true }, { key: "close", down: false }]) {
    assert.deepEqual(readSort(writeSort(sort), columns), sort);
  }
  for (const wrong of ["none", "-", "rank", 5, undefined]) assert.equal(readSort(wrong, columns), null);
});
