// For how long a symbol has not traded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pauseText } from "../../../../watch/page/quote/trading-pause.js";
import { FRIDAY, at } from "./trading-days.js";

const { hours } = FRIDAY;
const NOW = at("10:00:00");

test("from two minutes on it is said", () => {
  const texts = [0, 119, 120, 242, 3_600, 7_265].map((seconds) => pauseText(NOW - seconds * 1000, { time: NOW, hours }));
  assert.deepEqual(texts, ["", "", "No trades 2:00", "No trades 4:02", "No trades 1:00:00", "No trades 2:01:05"]);
});

test("nothing is said of a symbol that has not traded on this day", () => {
  assert.equal(pauseText(NOW - 86_400_000, { time: NOW, hours }), "");
});

test("nothing is said where nobody knows", () => {
  assert.equal(pauseText(undefined, { time: NOW, hours }), "");
  assert.equal(pauseText(at("09:00:00"), null), "");
});
