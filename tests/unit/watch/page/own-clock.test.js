// When a time of the user's own clock comes next.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextTime, ownTime } from "../../../../watch/page/alerts/own-clock.js";

// By the clock of whatever machine this runs on.
const NOW = new Date(2026, 10, 20, 9, 31, 7).getTime();

test("a time is of the user's own clock, today or tomorrow", () => {
  assert.equal(nextTime("09:32", NOW), new Date(2026, 10, 20, 9, 32).getTime());
  assert.equal(nextTime("16:00", NOW), new Date(2026, 10, 20, 16).getTime());
  assert.equal(nextTime("04:00", NOW), new Date(2026, 10, 21, 4).getTime());
  assert.equal(ownTime(nextTime("16:00", NOW)), "16:00");
});

test("this minute is over: it is tomorrow's", () => {
  assert.equal(nextTime("09:31", NOW), new Date(2026, 10, 21, 9, 31).getTime());
});
