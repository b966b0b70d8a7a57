// The text of a field, by its unit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldText, signClass } from "../../../../watch/page/field-text.js";
import { field } from "./fields.js";
import { asRows } from "./rows.js";

const [ROW] = asRows([
  { symbol: "A", close: 0.5, moved: -0.0021, shares: 12_345_678, multiple: 3, average: 0, at: 0 },
]);

test("each unit is written in its own way", () => {
  assert.equal(fieldText(ROW, field("close", "dollars")), "0.5000");
  assert.equal(fieldText(ROW, field("moved", "dollars", { signed: true })), "-0.0021");
  assert.equal(fieldText(ROW, field("moved", "percent")), "0.00%");
  assert.equal(fieldText(ROW, field("shares", "shares")), "12.3M");
  assert.equal(fieldText(ROW, field("shares", "shares"), { exact: true }), "12,345,678");
  assert.equal(fieldText(ROW, field("shares", "dollar amount")), "12.3M");
  assert.equal(fieldText(ROW, field("shares", "dollar amount"), { exact: true }), "12.3M");
  assert.equal(fieldText(ROW, field("multiple", "times")), "3.00");
  assert.equal(fieldText(ROW, field("multiple", "a unit of tomorrow")), "3.00");
  // The first moment of 1970, in New York.
  assert.equal(fieldText(ROW, field("at", "milliseconds")), "19:00:00");
  assert.equal(fieldText(ROW, field("at", "milliseconds"), { exact: true }), "19:00:00 ET");
});

test("what is missing or unknown is not shown as zero", () => {
  assert.equal(fieldText(ROW, field("none", "milliseconds")), "-");
  assert.equal(fieldText(ROW, field("none", "dollars")), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", { unknown_if_zero: ["average"] })), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", { unknown_if_zero: ["none"] })), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", { unknown_if_zero: ["close"] })), "3.00");
  assert.equal(fieldText(ROW, field("multiple", "times", { unknown_if_zero: ["none", "average"] })), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", { unknown_if_zero: ["none", "close"] })), "3.00");
});

test("a sign has a colour", () => {
  assert.deepEqual(["+1.00%", "-1.00", "0.00%", "-"].map(signClass), ["up", "down", "", ""]);
});
