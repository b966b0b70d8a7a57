// Which time an alert says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { marketTimes, timeDetail, timeText } from "../../../../watch/page/alerts/alert-time.js";

const AT = Date.parse("2026-12-01T11:50:07Z"); // 06:50:07 in New York
const BAR = Date.parse("2026-11-20T14:31:06Z"); // 09:31:06

/**
 * @param {string} symbol
 * @param {number} second of the tick
 * @param {number} [bar] the second at which its symbol's newest bar ended
 */
function alert(symbol, second, bar) {
  const row = bar === undefined ? {} : { end_timestamp: BAR + bar * 1_000 };
  return { id: `r:${symbol}:${second}`, rule: "r", symbol, at: AT + second * 1_000, text: `${symbol} 1.00`, row };
}

const clock = ({ isReplay = false, marketTime = /** @type {number | null} */ (null) }) => ({
  isReplay,
  marketTime,
  serverTime: AT,
});

/** The market's seconds of alerts in a replay. @param {ReturnType<typeof alert>[]} alerts newest first */
function seconds(alerts) {
  const times = marketTimes(alerts, true);
  return alerts.map(({ id }) => ((times.get(id) ?? NaN) - BAR) / 1_000);
}

test("an alert says when it fired", () => {
  assert.deepEqual([...marketTimes([alert("A", 0, 0)], false).values()], [AT]);
  assert.equal(timeText(AT, clock({ marketTime: AT + 60_000 })), "06:50:07");
  assert.equal(timeDetail(AT, alert("A", 0), clock({})), "Tue 1 Dec 06:50:07 ET");
});

test("one of another day than the market's says which", () => {
  assert.equal(timeText(AT, clock({ marketTime: AT + 86_400_000 })), "Tue 1 Dec 06:50:07");
  assert.equal(timeText(AT, clock({ marketTime: null })), "06:50:07");
});

test("in a replay it says the market's time", () => {
  assert.deepEqual(seconds([alert("A", 0, 0)]), [0]);
  assert.equal(timeText(BAR, clock({ isReplay: true, marketTime: BAR + 5_000 })), "09:31:06");
  assert.equal(timeText(BAR, clock({ isReplay: true, marketTime: BAR + 86_400_000 })), "Fri 20 Nov 09:31:06");
  assert.equal(
    timeDetail(BAR, alert("A", 0), clock({ isReplay: true })),
    "Fri 20 Nov 09:31:06 ET, in a replay at 06:50:07 ET",
  );
});

test("alerts of one tick have one time, that of its newest bar", () => {
  assert.deepEqual(seconds([alert("THIN", 1, -300), alert("A", 1, 2), alert("B", 1, 1), alert("A", 0, 0)]), [2, 2, 2, 0]);
});

test("down the list times never rise: a symbol that has not traded for long does not take them back", () => {
  assert.deepEqual(seconds([alert("A", 3, 6), alert("THIN", 2, -60), alert("B", 1, 5), alert("THIN", 0, 3)]), [6, 5, 5, 3]);
});

test("before any bar is known an alert says when it fired", () => {
  const first = alert("A", 0);
  assert.equal(marketTimes([alert("B", 1, 1), first], true).get(first.id), AT);
});
