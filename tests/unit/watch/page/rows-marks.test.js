// What is shown of a row besides its numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { OrderPause } from "../../../../watch/page/boards/rows/order-pause.js";
import { moveOf } from "../../../../watch/page/boards/rows/rank-moves.js";
import { tintOf } from "../../../../watch/page/boards/rows/tints.js";
import { pointsOf } from "../../../../watch/page/sparklines/spark-line.js";
import { shortAge, stoppedFor } from "../../../../watch/page/trading-stop.js";
import { asRows } from "./rows.js";
import { FRIDAY, at } from "./trading-days.js";

/**
 * For how long a symbol has stopped, some seconds after its last bar.
 *
 * @param {number} seconds
 * @param {number} volume that it has traded by then
 * @param {string} time of that bar
 */
function stoppedAfter(seconds, volume, time = "10:30:00") {
  const end = at(time);
  const [row] = asRows([{ symbol: "A", end_timestamp: end, accumulated_volume: volume }]);
  return stoppedFor(row, { time: end + seconds * 1_000, hours: FRIDAY.hours });
}

test("the larger a change, the stronger its tint", () => {
  assert.deepEqual([0, 9.99, 10, -10, 20, 55, -100, 900, undefined].map(tintOf), [
    "", "", "tint-up-1", "tint-down-1", "tint-up-2", "tint-up-3", "tint-down-4", "tint-up-4", "",
  ]);
});

test("a symbol that has not traded for two minutes has stopped", () => {
  assert.deepEqual([119.9, 120, 250].map((seconds) => stoppedAfter(seconds, 50_000)), [0, 120, 250]);
});

test("a busy one has stopped after half a minute", () => {
  // Ten thousand shares a minute since the open, and ten minutes more for what was traded before
  assert.deepEqual([29.9, 30, 250].map((seconds) => stoppedAfter(seconds, 800_000)), [0, 30, 250]);
  assert.equal(stoppedAfter(30, 700_000), 0);
  assert.equal(stoppedAfter(30, 110_000, "09:30:00"), 30);
  assert.equal(stoppedAfter(30, 90_000, "09:30:00"), 0);
});

test("before the open and after the close no symbol is busy", () => {
  assert.equal(stoppedAfter(60, 9_000_000, "09:28:00"), 0);
  assert.equal(stoppedAfter(60, 9_000_000, "13:00:00"), 0);
  assert.equal(stoppedAfter(120, 9_000_000, "13:00:00"), 120);
});

test("nothing is said where nobody knows", () => {
  const [row] = asRows([{ symbol: "A", end_timestamp: at("10:00:00"), accumulated_volume: 1 }]);
  assert.equal(stoppedFor(row, null), 0);
  assert.equal(stoppedFor(undefined, { time: at("10:30:00"), hours: FRIDAY.hours }), 0);
  assert.equal(stoppedFor(asRows([{ symbol: "A" }])[0], { time: at("10:30:00"), hours: FRIDAY.hours }), 0);
});

test("ages are short", () => {
  assert.deepEqual([30.9, 59, 60, 242, 3_599, 7_300].map(shortAge), ["30s", "59s", "1m", "4m", "59m", "2h"]);
});

test("ranks move up, down, or are new", () => {
  assert.deepEqual(moveOf(2, 5), { direction: "up", text: "\u25b23", words: "up 3" });
  assert.deepEqual(moveOf(5, 2), { direction: "down", text: "\u25bc3", words: "down 3" });
  assert.deepEqual(moveOf(5, null), { direction: "new", text: "new", words: "new: not on the board a minute ago" });
  for (const [rank, before] of [[5, 5], [5, undefined], [undefined, 5]]) assert.equal(moveOf(rank, before).text, "");
});

test("a paused order keeps who has left, and says how many wait", () => {
  // Given an order that is paused
  const pause = new OrderPause(asRows([{ symbol: "A", close: 1 }, { symbol: "B", close: 1 }]));

  // When another overtakes, and one leaves
  const later = pause.arrange(asRows([{ symbol: "C", close: 9 }, { symbol: "B", close: 2 }]));

  // Then the numbers are new and the places old
  assert.deepEqual(later.rows, [{ symbol: "A", close: 1 }, { symbol: "B", close: 2 }]);
  assert.deepEqual([...later.gone], ["A"]);
  assert.equal(later.waiting, 1);
});

test("a line lies within its lowest and highest price", () => {
  assert.equal(pointsOf([1, 3, 2]), "0.0,15.0 30.0,1.0 60.0,8.0");
  assert.equal(pointsOf([5, 5]), "0.0,8.0 60.0,8.0");
  assert.equal(pointsOf([5]), "");
});
