// The day's average price.

import assert from "node:assert/strict";
import { test } from "node:test";

import { resampled } from "../../../../watch/page/chart/resampling.js";
import { isOfDay, vwapLine } from "../../../../watch/page/chart/vwap-line.js";
import { candle } from "./candles.js";

test("it weighs all that has traded by then", () => {
  const candles = [
    candle("04:00", 10, { volume: 100 }),
    candle("04:01", 40, { volume: 0 }),
    candle("09:30", 20, { volume: 300 }),
  ];
  assert.deepEqual(vwapLine(candles), [10, 10, 17.5]);
});

test("it is unknown until something trades at a price", () => {
  assert.deepEqual(vwapLine([candle("04:00", 10, { volume: 0 }), candle("04:01", 0), candle("04:02", 5)]), [
    null, null, 5,
  ]);
});

test("where the feed says that of the whole day, that is the line", () => {
  const candles = [
    candle("09:28", 40),
    candle("09:29", 41, { day_vwap: 53.6 }),
    candle("09:30", 42),
    candle("09:31", 43, { day_vwap: 53.5 }),
  ];
  assert.deepEqual(vwapLine(candles), [null, 53.6, 53.6, 53.5]);
  assert.deepEqual([isOfDay(candles), isOfDay(candles.slice(0, 1))], [true, false]);
  assert.deepEqual(vwapLine(resampled(candles, 300_000)), [53.6, 53.5]);
});

test("it ends at the same price whatever the interval", () => {
  const minutes = Array.from({ length: 30 }, (_, i) => candle(`10:${10 + i}`, 10 + (i % 7), { volume: 1 + i }));
  const last = (/** @type {number} */ interval) => vwapLine(resampled(minutes, interval * 60_000)).at(-1) ?? 0;
  assert.ok(Math.abs(last(1) - last(5)) < 1e-9);
  assert.ok(Math.abs(last(1) - last(15)) < 1e-9);
});
