// A candle in words and numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FIGURES, spoken } from "../../../../watch/page/chart/candle-text.js";
import { at, candle } from "./candles.js";

test("figures are written as anywhere on the page, and what is unknown is no 0.00", () => {
  const shown = { ...candle("09:31", 0.5, { high: 0.51, volume: 12_345 }), dayVwap: null };
  const texts = FIGURES.map(({ name, text }) => [name, text(shown)]);
  assert.deepEqual(texts, [
    ["Open", "0.5000"], ["High", "0.5100"], ["Low", "0.5000"], ["Close", "0.5000"], ["Volume", "12.3K"], ["VWAP", "-"],
  ]);
});

test("a screen reader says all of a candle", () => {
  const shown = { ...candle("09:31", 10, { volume: 12_345 }), dayVwap: 9.5 };
  assert.equal(
    spoken(at("09:31"), shown),
    "09:31: open 10.00, high 10.00, low 10.00, close 10.00, volume 12,345, VWAP 9.50",
  );
  assert.equal(spoken(at("09:32"), null), "09:32: no trades");
});
