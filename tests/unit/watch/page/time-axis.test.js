// A recorded day as an axis.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TimeAxis, newYorkInstant, readDays } from "../../../../watch/page/past/time-axis.js";
import { FRIDAY, at } from "./trading-days.js";

/** @import { Known, RecordedDay } from "../../../../watch/page/past/time-axis.js" */

/** @type {RecordedDay} */
const LIVE = {
  day: FRIDAY.day,
  hours: FRIDAY.hours,
  from: at("09:00:00") + 3,
  to: at("11:00:00") + 3,
  first_bar: at("08:59:59"),
  last_bar: at("11:00:00"),
  gaps: [{ from: at("10:00:00"), to: at("10:30:00"), why: "away" }],
};

/** The same hours of the market, published ten times as fast on the next evening. @type {RecordedDay} */
const REPLAY = { ...LIVE, from: at("40:00:00"), to: at("40:12:00"), first_bar: at("09:00:00") };

const no = () => false;
const yes = () => true;

test("of a live market the seconds are the market's time", () => {
  const axis = new TimeAxis(LIVE, no);
  assert.deepEqual([axis.first, axis.last], [at("09:00:00"), at("11:00:00")]);
  assert.equal(axis.market(at("09:31:07")), at("09:31:07"));
  assert.equal(axis.nearest(at("09:31:07") + 900), at("09:31:07"));
  assert.equal(axis.nearest(at("12:00:00")), axis.last);
  assert.equal(axis.nearest(at("04:00:00")), axis.first);
});

test("of a replay they are those at which it was published", () => {
  const axis = new TimeAxis(REPLAY, yes);
  assert.equal(axis.market(at("40:06:00")), at("10:00:00"));
  assert.equal(axis.second(at("10:00:00")), at("40:06:00"));
  assert.equal(axis.parse("10:00"), at("10:00:00"));
});

test("what is learned of a replay's time counts from then on", () => {
  // Given a replay that stood still for a minute
  /** @type {Known[]} */
  const known = [];
  const axis = new TimeAxis(REPLAY, yes, known);
  axis.learn(at("40:06:00"), at("09:50:00"));

  // Then the market's time is that, and evenly before and behind it
  assert.equal(axis.market(at("40:06:00")), at("09:50:00"));
  assert.equal(axis.market(at("40:03:00")), at("09:25:00"));
  assert.equal(axis.market(at("40:09:00")), at("10:25:00"));
  assert.equal(axis.second(at("09:50:00")), at("40:06:00"));
  assert.equal(axis.second(at("10:25:00")), at("40:09:00"));

  // And the next axis of the day knows it, what is so already is not kept, and time does not run backward
  assert.equal(new TimeAxis(REPLAY, yes, known).market(at("40:03:00")), at("09:25:00"));
  axis.learn(at("40:03:00"), at("09:25:00"));
  axis.learn(at("40:07:00"), at("09:30:00"));
  assert.deepEqual(known, [{ at: at("40:06:00"), market: at("09:50:00") }]);
  axis.learn(at("40:06:00"), at("09:51:00"));
  assert.deepEqual(known, [{ at: at("40:06:00"), market: at("09:51:00") }]);
});

test("a time of day may be typed in short", () => {
  const axis = new TimeAxis(LIVE, no);
  for (const text of ["09:31:07", "9:31:07", "093107", " 9:31:07 "]) assert.equal(axis.parse(text), at("09:31:07"), text);
  assert.equal(axis.parse("9:31"), at("09:31:00"));
  assert.equal(axis.parse("23:00"), at("23:00:00"));
  for (const text of ["", "noon", "9", "24:00", "9:60", "9:31:60", "9:31:07.5"]) assert.equal(axis.parse(text), null, text);
});

test("sessions and gaps are marked where they are", () => {
  const marks = new TimeAxis(LIVE, no).marks();
  assert.deepEqual(marks, [
    { kind: "pre", from: 0, to: 0.25, why: "" },
    { kind: "regular", from: 0.25, to: 1, why: "" },
    { kind: "gap", from: 0.5, to: 0.75, why: "away" },
  ]);
});

test("New York's time is found in summer and in winter", () => {
  assert.equal(newYorkInstant("2026-07-20", 34_267), Date.parse("2026-07-20T13:31:07Z"));
  assert.equal(newYorkInstant("2026-11-20", 34_267), Date.parse("2026-11-20T14:31:07Z"));
  // The clocks go back at two in the morning
  assert.equal(newYorkInstant("2026-11-01", 4 * 3_600), Date.parse("2026-11-01T09:00:00Z"));
});

test("only valid days are read", () => {
  assert.deepEqual(readDays({ days: [LIVE, { ...LIVE, to: 0 }, { day: "2026-11-27" }, null] }), [LIVE]);
  for (const answer of [null, {}, { days: {} }, { error: "x" }]) assert.deepEqual(readDays(answer), []);
});
