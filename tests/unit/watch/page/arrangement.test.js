// How panes stand beside and below each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, places, resized, rowSizes } from "../../../../watch/page/boards/panes/arrangement.js";

test("as many panes stand in a row as fit, and about as many in each", () => {
  assert.deepEqual(rowSizes(3, 1_100), [3]);
  assert.deepEqual(rowSizes(3, 700), [2, 1]);
  assert.deepEqual(rowSizes(4, 1_100), [2, 2]);
  assert.deepEqual(rowSizes(5, 1_100), [3, 2]);
  assert.deepEqual(rowSizes(6, 5_000), [6]);
  assert.deepEqual(rowSizes(2, 100), [1, 1]);
  assert.deepEqual(rowSizes(0, 1_000), []);
});

test("panes fill the room by their shares", () => {
  const room = { width: 908, height: 608, gap: 8 };
  assert.deepEqual(places(room, [2, 1], []), [
    { left: 0, top: 0, width: 600, height: 608 },
    { left: 608, top: 0, width: 300, height: 608 },
  ]);
  assert.deepEqual(places({ ...room, width: 608 }, [1, 1, 1], [2, 1]), [
    { left: 0, top: 0, width: 300, height: 400 },
    { left: 308, top: 0, width: 300, height: 400 },
    { left: 0, top: 408, width: 608, height: 200 },
  ]);
});

test("rows that would get too low are scrolled", () => {
  const low = places({ width: 300, height: 200, gap: 8 }, [1, 1, 1], []);
  assert.deepEqual(low.map(({ top, height }) => [top, height]), [[0, 180], [188, 180], [376, 180]]);
});

test("a border takes from one neighbour what it gives to the other", () => {
  assert.deepEqual(resized([1, 1, 1], 1, 0.5), [1, 1.5, 0.5]);
  assert.deepEqual(resized([1, 1], 0, -5), [0.25, 1.75]);
  assert.deepEqual(resized([1, 1], 0, 5), [1.75, 0.25]);
});

test("a pane is moved among the others", () => {
  assert.deepEqual(moved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], 1, 9), ["a", "c", "b"]);
});
