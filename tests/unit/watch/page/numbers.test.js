// Numbers as people read them. tests/browser compares them with the terminal's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { change, count, duration, multiple, percent, price, quantity } from "../../../../watch/page/numbers.js";

/**
 * @template Value
 * @param {(value: Value) => string} text
 * @param {[Value, string][]} cases
 */
function writes(text, cases) {
  for (const [value, expected] of cases) assert.equal(text(value), expected);
}

test("quantities carry their unit", () => {
  writes(quantity, [
    [0, "0"],
    [0.5, "0.5"],
    [950, "950"],
    [999.96, "1.0K"],
    [12_345, "12.3K"],
    [999_990, "1.0M"],
    [7.25e9, "7.2B"],
    [1e15, "1e+15"],
    [1e5 * 1e105, "1e+110"],
  ]);
});

test("prices have two decimals, and four below a dollar", () => {
  writes(price, [[12.345, "12.35"], [1, "1.00"], [0.0312, "0.0312"], [172_000.5, "172,000.50"], [2e6, "2.0M"]]);
});

test("ties are rounded to the even digit", () => {
  writes(price, [[2.125, "2.12"], [2.375, "2.38"], [1.005, "1.00"]]);
});

test("changes have a sign, and the decimals of their price", () => {
  assert.equal(change(1.5, 20), "+1.50");
  assert.equal(change(-0.0021, 0.5), "-0.0021");
  assert.equal(change(-4.1, 0.9), "-4.10");
  assert.equal(change(-2e6, 1), "-2.0M");
});

test("percentages have a sign", () => {
  writes(percent, [[12.345, "+12.35%"], [-9_999, "-9,999.00%"], [123_456, "+123.5K%"]]);
});

test("a change that rounds to zero has no sign", () => {
  writes(percent, [[0, "0.00%"], [-0.004, "0.00%"], [0.004, "0.00%"], [-0.006, "-0.01%"]]);
  assert.equal(change(-0.004, 20), "0.00");
  assert.equal(change(-0.004, 0.5), "-0.0040");
});

test("multiples and counts", () => {
  writes(multiple, [[2.349, "2.35"], [1_500, "1.5K"]]);
  writes(count, [[12_345_678, "12,345,678"], [1.2e12, "1.2T"]]);
});

test("durations are in their largest fitting unit", () => {
  writes(duration, [
    [0.4, "0 s"],
    [119.9, "119 s"],
    [120, "2 min"],
    [7_200, "2 h"],
    [431_999, "119 h"],
    [600_000, "6 days"],
  ]);
});

test("what is not a number is shown as unknown", () => {
  for (const text of [quantity, price, percent, multiple, count]) {
    writes(text, [[undefined, "-"], [NaN, "-"], [Infinity, "-"]]);
  }
  assert.equal(change(1, undefined), "-");
  assert.equal(change(undefined, 1), "-");
});
