// Time in New York, summer and winter.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isoDay, newYorkTime, timeOfDay } from "../../../../watch/page/status/new-york-time.js";

test("times are New York's, wherever the viewer is", () => {
  const winter = Date.parse("2026-11-20T14:31:05Z");
  const summer = Date.parse("2026-07-20T13:31:05Z");
  assert.equal(newYorkTime(winter), "09:31:05 ET");
  assert.equal(newYorkTime(summer), "09:31:05 ET");
  assert.equal(timeOfDay(Date.parse("2026-11-20T05:00:00Z")), "00:00:00");
});

test("the day begins at New York's midnight", () => {
  assert.equal(isoDay(Date.parse("2026-11-20T04:59:59Z")), "2026-11-19");
  assert.equal(isoDay(Date.parse("2026-11-20T05:00:00Z")), "2026-11-20");
});
