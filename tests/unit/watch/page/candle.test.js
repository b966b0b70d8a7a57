// What of the gateway's candles is valid.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readCandles } from "../../../../watch/page/chart/candle.js";
import { candle } from "./candles.js";

test("candles with numbers only are valid, whatever else comes", () => {
  const valid = candle("09:31");
  const invalid = [null, 7, "x", {}, { ...valid, volume: null }, { ...valid, close: "10" }, { ...valid, time: 1e300 }];
  assert.deepEqual(readCandles([valid, ...invalid]), [valid]);
  assert.deepEqual(readCandles({ candles: [valid] }), []);
});
