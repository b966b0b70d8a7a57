// What is shown of a row besides its numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { OrderPause } from "../../../../watch/page/boards/rows/order-pause.js";
import { moveOf } from "../../../../watch/page/boards/rows/rank-moves.js";
import { tintOf } from "../../../../watch/page/boards/rows/tints.js";
import { TradingPace, shortAge } from "../../../../watch/page/boards/rows/trading-pace.js";
import { pointsOf } from "../../../../watch/page/sparklines/spark-line.js";
import { asRows } from "./rows.js";

/** @param {[string, number][]} ends seconds, by symbol */
const traded = (...ends) => asRows(ends.map(([symbol, end]) => ({ symbol, end_timestamp: end * 1_000 })));

test("the larger a change, the stronger its tint", () => {
  assert.deepEqual([0, 9.99, 10, -10, 20, 55, -100, 900, undefined].map(tintOf), [
    "", "", "tint-up-1", "tint-down-1", "tint-up-2", "tint-up-3", "tint-down-4", "tint-up-4", "",
  ]);
});

test("a symbol that has traded each second and does no more has stopped", () => {
  // Given a symbol that traded each second
  const pace = new TradingPace();
  for (let second = 0; second <= 10; second++) pace.see(traded(["FAST", second]));
  const [row] = traded(["FAST", 10]);

  // Then it has stopped once it trails by half a minute
  assert.equal(pace.stopped(row, 39_999), 0);
  assert.equal(pace.stopped(row, 40_000), 30);
  assert.equal(pace.stopped(row, 250_000), 240);

  // And nothing is said where the market's time is unknown
  assert.equal(pace.stopped(row, null), 0);
});

test("a symbol that trades once a minute has stopped after four minutes", () => {
  const pace = new TradingPace();
  for (const second of [0, 60, 120, 180]) pace.see(traded(["SLOW", second]));
  const [row] = traded(["SLOW", 180]);
  assert.equal(pace.stopped(row, 300_000), 0);
  assert.equal(pace.stopped(row, 420_000), 240);
});

test("a symbol of which one bar is known has stopped after two minutes: it may be a thin one", () => {
  const pace = new TradingPace();
  pace.see(traded(["NEW", 0]));
  assert.equal(pace.stopped(traded(["NEW", 0])[0], 119_999), 0);
  assert.equal(pace.stopped(traded(["NEW", 0])[0], 120_000), 120);
});

test("another day begins anew", () => {
  const pace = new TradingPace();
  for (const second of [1_000, 1_100, 1_200]) pace.see(traded(["A", second]));
  pace.see(traded(["A", 5]));
  assert.equal(pace.stopped(traded(["A", 5])[0], 124_999), 0);
  assert.equal(pace.stopped(traded(["A", 5])[0], 126_000), 121);
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
