// The candles of a day, read and kept up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DayCandles } from "../../../../watch/page/chart/day-candles.js";
import { HOURS, candle } from "./candles.js";

/**
 * @param {DayCandles} day
 * @param {number} minutes
 */
function volumes(day, minutes = 1) {
  return day.shown(minutes).map(({ volume }) => volume);
}

test("the feed's candles take the place of those that were read", () => {
  const day = new DayCandles();
  day.read(HOURS, [candle("09:30"), candle("09:31")]);

  assert.equal(day.merge([candle("09:31", 11, { volume: 200 }), candle("09:32")]), false);

  assert.deepEqual(volumes(day), [100, 200, 100]);
  assert.deepEqual(volumes(day, 15), [400]);
});

test("what came while the day was read counts where it is newer", () => {
  const day = new DayCandles();
  day.merge([candle("09:31", 11, { volume: 50 }), candle("09:32", 12, { volume: 300 })]);
  day.read(HOURS, [candle("09:30"), candle("09:31"), candle("09:32")]);
  assert.deepEqual(volumes(day), [100, 100, 300]);
});

test("a candle of a later day asks for that day, and begins it", () => {
  // Given a day
  const day = new DayCandles();
  day.read(HOURS, [candle("09:30")]);
  const shift = 3 * 86_400_000;
  const monday = candle("04:00");
  monday.time += shift;

  // When a candle of the next one comes, then the next one is wanted
  assert.equal(day.merge([monday]), true);

  // And when it has been read, only that day is shown
  const hours = Object.fromEntries(Object.entries(HOURS).map(([name, time]) => [name, time + shift]));
  day.read(/** @type {typeof HOURS} */ (hours), []);
  assert.deepEqual(day.shown(1).map(({ time }) => time), [monday.time]);
});

test("each candle knows the average price of the day by then", () => {
  const day = new DayCandles();
  day.read(HOURS, [candle("09:31", 20), candle("09:30", 10)]);
  assert.deepEqual(day.shown(1).map(({ dayVwap }) => dayVwap), [10, 15]);
});
