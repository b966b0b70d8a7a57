// Which time an alert says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { timeDetail, timeText } from "../../../../watch/page/alerts/alert-time.js";

const AT = Date.parse("2026-12-01T11:50:07Z"); // 06:50:07 in New York
const BAR = Date.parse("2026-11-20T14:31:06Z"); // 09:31:06
const alert = { id: "r:A:1", rule: "r", symbol: "A", at: AT, text: "A 1.00", row: { end_timestamp: BAR } };

const clock = ({ isReplay = false, marketTime = /** @type {number | null} */ (null) }) => ({
  isReplay,
  marketTime,
  serverTime: AT,
});

test("an alert says when it fired", () => {
  assert.equal(timeText(alert, clock({ marketTime: AT + 60_000 })), "06:50:07");
  assert.equal(timeDetail(alert, clock({})), "Tue 1 Dec 06:50:07 ET");
});

test("one of another day than the market's says which", () => {
  assert.equal(timeText(alert, clock({ marketTime: AT + 86_400_000 })), "Tue 1 Dec 06:50:07");
  assert.equal(timeText(alert, clock({ marketTime: null })), "06:50:07");
});

test("in a replay it says the market's time", () => {
  assert.equal(timeText(alert, clock({ isReplay: true, marketTime: BAR + 5_000 })), "09:31:06");
  assert.equal(timeText(alert, clock({ isReplay: true, marketTime: BAR + 86_400_000 })), "Fri 20 Nov 09:31:06");
  assert.equal(
    timeDetail(alert, clock({ isReplay: true })),
    "Fri 20 Nov 09:31:06 ET, in a replay at 06:50:07 ET",
  );
});

test("a row without a bar's time says when it fired", () => {
  assert.equal(timeText({ ...alert, row: {} }, clock({ isReplay: true, marketTime: AT })), "06:50:07");
});
