// Marked prices.

import assert from "node:assert/strict";
import { test } from "node:test";

import { apart, levels } from "../../../../watch/page/chart/levels.js";
import { at } from "./candles.js";
import { field } from "./fields.js";
import { asRows } from "./rows.js";

const FIELDS = [
  field("prev_day_close", "dollars", { unknown_if_zero: ["change", "prev_day_low"] }),
  ...["open", "pre_high", "pre_low"].map((name) => field(name, "dollars")),
];

test("those are marked that are known", () => {
  const [row] = asRows([{ symbol: "A", prev_day_close: 4, change: 2, open: 5, pre_high: 0, close: 6 }]);
  assert.deepEqual(levels(row, FIELDS), [
    { field: "prev_day_close", name: "Previous close", letters: "PC", price: 4 },
    { field: "open", name: "Session open", letters: "OPEN", price: 5 },
  ]);
  assert.deepEqual(levels(null, FIELDS), []);
});

test("a close that stands in for an unknown one is no level", () => {
  const [row] = asRows([{ symbol: "A", prev_day_close: 6, change: 0, prev_day_low: 0, open: 5, close: 6 }]);
  assert.deepEqual(levels(row, FIELDS).map(({ field: name }) => name), ["open"]);
});

test("before 09:30 the open is that of the pre-market", () => {
  const names = ["04:00", "09:29", "09:30", "16:00"].map((time) => {
    const [row] = asRows([{ symbol: "A", open: 5, start_timestamp: at(time) }]);
    return levels(row, FIELDS).map(({ name, letters }) => `${letters} ${name}`).join();
  });
  assert.deepEqual(names, ["PMO Pre-market open", "PMO Pre-market open", "OPEN Session open", "OPEN Session open"]);
});

test("of labels that lie over one another the more important stays", () => {
  const labels = [{ y: 50 }, { y: 60 }, { y: 64 }, { y: 5 }, { y: 99 }, { y: 30 }];
  assert.deepEqual(apart(labels, { from: 10, to: 90 }, 14).map(({ y }) => y), [50, 64, 30]);
  assert.deepEqual(apart([], { from: 10, to: 90 }, 14), []);
});
