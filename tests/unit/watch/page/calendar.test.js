// Which hours it is, by the calendar that the gateway has told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Calendar, readCalendar, readHours, tradingAt } from "../../../../watch/page/status/calendar.js";
import { FRIDAY, MONDAY, at } from "./trading-days.js";

test("each moment belongs to the hours of its day", () => {
  // Given a Friday that closes early, and the Monday after it
  const calendar = new Calendar();
  calendar.set([FRIDAY, MONDAY]);

  /** @type {[string, string, string][]} */
  const cases = [
    ["04:00:00", "pre", "09:30:00"],
    ["09:29:59", "pre", "09:30:00"],
    ["09:30:00", "regular", "13:00:00"],
    ["12:59:59", "regular", "13:00:00"],
    ["13:00:00", "post", "17:00:00"],
    ["16:59:59", "post", "17:00:00"],
    // Monday, 04:00
    ["17:00:00", "closed", "76:00:00"],
    ["75:59:59", "closed", "76:00:00"],
  ];
  for (const [time, hours, until] of cases) {
    const found = calendar.at(at(time));
    assert.deepEqual([found?.hours, found?.until, found?.day.day], [hours, at(until), FRIDAY.day], time);
  }
  assert.equal(calendar.at(at("76:00:00"))?.day.day, MONDAY.day);
});

test("a market trades from the start of its day to the end of its after hours", () => {
  const { hours } = FRIDAY;
  for (const time of ["04:00:00", "09:30:00", "16:59:59"]) {
    assert.deepEqual(tradingAt(at(time), hours), { time: at(time), hours }, time);
  }
  for (const time of ["03:59:59", "17:00:00", "30:00:00"]) assert.equal(tradingAt(at(time), hours), null, time);
  assert.equal(tradingAt(null, hours), null);
  assert.equal(tradingAt(at("09:30:00"), null), null);
});

test("a calendar says nothing of what it does not know", () => {
  const calendar = new Calendar();
  assert.equal(calendar.at(at("09:30:00")), null);

  calendar.set([FRIDAY]);
  assert.equal(calendar.at(at("03:59:59")), null);
  // It may be closed, or another day may have begun
  assert.equal(calendar.at(at("17:00:00")), null);
  assert.equal(calendar.at(at("16:59:59"))?.hours, "post");
});

test("only valid days are read", () => {
  assert.deepEqual(readCalendar({ days: [FRIDAY, { day: "junk", hours: FRIDAY.hours }, { day: "2026-11-30" }] }), [FRIDAY]);
  for (const answer of [null, {}, { days: 4 }, { error: "x" }]) assert.deepEqual(readCalendar(answer), []);
});

test("hours of a day follow one another", () => {
  assert.deepEqual(readHours(FRIDAY.hours), FRIDAY.hours);
  for (const invalid of [null, [], {}, { ...FRIDAY.hours, close: FRIDAY.hours.open }, { ...FRIDAY.hours, trading_end: 1e300 }]) {
    assert.equal(readHours(invalid), null);
  }
});
