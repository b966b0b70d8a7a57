// Candles of several minutes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resampled } from "../../../../watch/page/chart/resampling.js";
import { candle } from "./candles.js";

const FIVE_MINUTES = 300_000;

test("a longer candle is made of those that begin in it", () => {
  const minutes = [
    candle("09:29", 9),
    candle("09:30", 10, { high: 12, volume: 300, vwap: 11 }),
    candle("09:34", 8, { low: 7, volume: 100, vwap: 7 }),
    candle("09:36", 9),
  ];
  assert.deepEqual(resampled(minutes, FIVE_MINUTES), [
    candle("09:25", 9),
    candle("09:30", 10, { high: 12, low: 7, close: 8, volume: 400, vwap: 10 }),
    candle("09:35", 9),
  ]);
  assert.deepEqual(resampled([], FIVE_MINUTES), []);
});

test("a candle without prices counts with its volume only", () => {
  const priceless = candle("09:31", 0, { volume: 100 });
  const priced = candle("09:32", 10, { volume: 0 });
  assert.deepEqual(resampled([priceless, priced], FIVE_MINUTES), [
    { ...candle("09:30", 10), volume: 100, vwap: 0 },
  ]);
  assert.deepEqual(resampled([candle("09:30"), priceless], FIVE_MINUTES), [
    { ...candle("09:30", 10), volume: 200, vwap: 5 },
  ]);
});

test("where nothing traded the average price is the close", () => {
  const quiet = [candle("09:30", 10, { volume: 0 }), candle("09:31", 11, { volume: 0 })];
  assert.equal(resampled(quiet, FIVE_MINUTES)[0].vwap, 11);
});
