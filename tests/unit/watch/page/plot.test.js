// Points along the time axis.

import assert from "node:assert/strict";
import { test } from "node:test";

import { changedPoints, points } from "../../../../watch/page/chart/plot.js";
import { at, candle } from "./candles.js";

const MINUTE = 60_000;

/** @param {string[]} times */
function plotted(...times) {
  return points(times.map((time) => ({ ...candle(time), dayVwap: 10 })), MINUTE);
}

test("time runs evenly: a halt is a gap", () => {
  const found = plotted("09:30", "09:33");
  assert.deepEqual(found.map(({ time }) => time), [at("09:30"), at("09:31"), at("09:32"), at("09:33")]);
  assert.deepEqual(found.map(({ candle: each }) => each !== null), [true, false, false, true]);
  assert.deepEqual(points([], MINUTE), []);
});

test("a candle of another age does not fill the axis", () => {
  const old = { ...candle("09:30"), dayVwap: 10, time: 0 };
  const found = points([old, { ...candle("09:31"), dayVwap: 10 }], MINUTE);
  assert.equal(found.length, 2_000);
  assert.equal(found.at(-1)?.time, at("09:31"));
});

test("what was drawn is drawn anew only where it has changed", () => {
  const before = plotted("09:30", "09:31");
  assert.deepEqual(changedPoints(before, plotted("09:30", "09:31")), []);

  // The last one, and those behind it
  const after = plotted("09:30", "09:31", "09:33");
  assert.deepEqual(changedPoints(before, after)?.map(({ time }) => time), [at("09:32"), at("09:33")]);
  const [first, last] = plotted("09:30", "09:31");
  const grown = { ...last, candle: last.candle && { ...last.candle, volume: 200 } };
  assert.deepEqual(changedPoints(before, [first, grown]), [grown]);
});

test("a change of an older one, or of the axis, is a new drawing", () => {
  const before = plotted("09:30", "09:31");
  const [first, last] = plotted("09:30", "09:31");
  const late = { ...first, candle: first.candle && { ...first.candle, low: 9 } };
  assert.equal(changedPoints(before, [late, last]), null);
  assert.equal(changedPoints(before, plotted("09:29", "09:30")), null);
  assert.equal(changedPoints([], before), null);
  assert.equal(changedPoints(before, []), null);
});
