// What the market's session is called.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Calendar } from "../../../../watch/page/status/calendar.js";
import { coming, sessionName } from "../../../../watch/page/status/session-name.js";
import { FRIDAY, MONDAY, at } from "./trading-days.js";

const calendar = new Calendar();
calendar.set([FRIDAY, MONDAY]);

/** @param {string} time */
function name(time) {
  return sessionName(calendar.at(at(time)), null);
}

test("a session has the name of its hours, and says where they end early", () => {
  assert.equal(name("09:29:59"), "Pre-market, Fri 27 Nov 2026, early close 13:00");
  assert.equal(name("09:30:00"), "Regular session, Fri 27 Nov 2026, early close 13:00");
  assert.equal(name("13:00:00"), "After hours, Fri 27 Nov 2026, early close 13:00");
  assert.equal(name("17:00:00"), "Market closed, Fri 27 Nov 2026");
  assert.equal(name("81:30:00"), "Regular session, Mon 30 Nov 2026");
});

test("without a calendar it is the day of the boards", () => {
  assert.equal(sessionName(null, { day: "2026-11-27", phase: "pre" }), "Fri 27 Nov 2026");
  assert.equal(sessionName(null, null), "No session yet");
});

test("what comes within a week is named by its weekday", () => {
  assert.equal(coming(at("76:00:00"), at("17:00:00")), "Monday 04:00 ET");
  assert.equal(coming(at("76:00:00"), at("17:00:00") - 8 * 86_400_000), "Mon 30 Nov 04:00 ET");
});
