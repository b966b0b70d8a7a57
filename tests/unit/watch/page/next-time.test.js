// When a time of day comes next.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextTime } from "../../../../watch/page/alerts/next-time.js";

const NOW = Date.parse("2026-11-20T14:31:07.500Z"); // 09:31:07 in New York

test("a time is New York's, today or tomorrow", () => {
  assert.equal(nextTime("09:32", NOW), Date.parse("2026-11-20T14:32:00Z"));
  assert.equal(nextTime("16:00", NOW), Date.parse("2026-11-20T21:00:00Z"));
  assert.equal(nextTime("04:00", NOW), Date.parse("2026-11-21T09:00:00Z"));
});

test("this minute is over: it is tomorrow's", () => {
  assert.equal(nextTime("09:31", NOW), Date.parse("2026-11-21T14:31:00Z"));
});
