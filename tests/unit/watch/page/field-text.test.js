// The text of a field, by its unit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldText, isSigned, signClass } from "../../../../watch/page/field-text.js";
import { field } from "./fields.js";
import { asRows } from "./rows.js";

const [ROW] = asRows([
  { symbol: "A", close: 0.5, moved: -0.0021, shares: 12_345_678, multiple: 3, average: 0, at: 0 },
]);

test("each unit is written in its own way", () => {
  assert.equal(fieldText(ROW, field("close", "dollars")), "0.5000");
  assert.equal(fieldText(ROW, field("moved", "change")), "-0.0021");
  assert.equal(fieldText(ROW, field("moved", "percent")), "-0.00%");
  assert.equal(fieldText(ROW, field("shares", "shares")), "12.3M");
  assert.equal(fieldText(ROW, field("shares", "shares"), { exact: true }), "12,345,678");
  assert.equal(fieldText(ROW, field("multiple", "times")), "3.00");
  assert.equal(fieldText(ROW, field("multiple")), "3.00");
  // The first moment of 1970, in New York.
  assert.equal(fieldText(ROW, field("at", "time")), "19:00:00 ET");
});

test("what is missing or unknown is not shown as zero", () => {
  assert.equal(fieldText(ROW, field("none", "time")), "-");
  assert.equal(fieldText(ROW, field("none", "dollars")), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", "average")), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", "none")), "-");
  assert.equal(fieldText(ROW, field("multiple", "times", "close")), "3.00");
});

test("changes and percentages are coloured by their sign", () => {
  assert.deepEqual(["dollars", "change", "percent", "shares"].map((unit) => isSigned(field("f", unit))), [
    false, true, true, false,
  ]);
  assert.deepEqual([1, -1, 0, undefined].map(signClass), ["up", "down", "", ""]);
});
