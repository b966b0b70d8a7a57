// Which parts of a chart are shaded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hoursAt, shadedSpans } from "../../../../watch/page/chart/session-spans.js";
import { HOURS, at } from "./candles.js";

test("hours begin with their first minute", () => {
  const found = ["09:29", "09:30", "15:59", "16:00"].map((time) => hoursAt(at(time), HOURS));
  assert.deepEqual(found, ["pre", "regular", "regular", "post"]);
});

test("an early close is the day's own", () => {
  assert.equal(hoursAt(at("13:00"), { ...HOURS, close: at("13:00") }), "post");
});

test("runs beside the regular hours are shaded", () => {
  const times = ["04:00", "09:29", "09:30", "15:59", "16:00", "19:59"].map(at);
  assert.deepEqual(shadedSpans(times, HOURS), [
    { hours: "pre", from: at("04:00"), to: at("09:29") },
    { hours: "post", from: at("16:00"), to: at("19:59") },
  ]);
  assert.deepEqual(shadedSpans([at("10:00")], HOURS), []);
});
