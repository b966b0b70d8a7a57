// What the boards' session is called, by the market's time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sessionName } from "../../../../watch/page/status/session-name.js";

/** Midnight in New York, Friday 20 November 2026. */
const MIDNIGHT = Date.parse("2026-11-20T05:00:00Z");

/** @param {string} time of day; beyond 24:00:00 on the next day */
function at(time) {
  const [hours, minutes, seconds] = time.split(":").map(Number);
  return MIDNIGHT + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** @type {[string, string | null, string][]} */
const CASES = [
  ["pre", "09:29:59", "Pre-market"],
  ["regular", "09:30:00", "Regular session"],
  ["regular", "15:59:59", "Regular session"],
  ["regular", "16:00:00", "After hours"],
  ["regular", "19:59:59", "After hours"],
  ["regular", "20:00:00", "Market closed"],
  // The next calendar day, before its own session.
  ["regular", "27:00:00", "Market closed"],
  ["regular", null, "Regular session"],
];

for (const [phase, time, name] of CASES) {
  test(`${phase} at ${time ?? "an unknown time"} is ${name}`, () => {
    const session = { day: "2026-11-20", phase };
    assert.equal(sessionName(session, time === null ? null : at(time)), `${name}, Fri 20 Nov 2026`);
  });
}

test("after hours begin at an early close", () => {
  const session = { day: "2026-11-20", phase: "regular" };
  const hours = { close: "13:00", trading_end: "17:00" };
  assert.match(sessionName(session, at("12:59:59"), hours), /^Regular session,/);
  assert.match(sessionName(session, at("13:00:00"), hours), /^After hours,/);
  assert.match(sessionName(session, at("17:00:00"), hours), /^Market closed,/);
});

test("before the first bar there is no session", () => {
  assert.equal(sessionName(null, MIDNIGHT), "No session yet");
});
