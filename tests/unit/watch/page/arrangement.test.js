// How panes stand beside and below each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, places, resized, rowSizes } from "../../../../watch/page/boards/panes/arrangement.js";

/**
 * Panes that need 300 pixels each, and want no more.
 *
 * @param {...number} shares
 */
const panes = (...shares) => shares.map((share) => ({ share, needed: 300, wanted: 300 }));

test("as many panes stand in a row as fit, and about as many in each", () => {
  const sizes = (/** @type {number} */ count, /** @type {number} */ width) => rowSizes(Array(count).fill(300), width, 8);
  assert.deepEqual(sizes(3, 1_100), [3]);
  assert.deepEqual(sizes(3, 700), [2, 1]);
  assert.deepEqual(sizes(4, 1_100), [2, 2]);
  assert.deepEqual(sizes(5, 1_100), [3, 2]);
  assert.deepEqual(sizes(6, 5_000), [6]);
  assert.deepEqual(sizes(2, 100), [1, 1]);
  assert.deepEqual(sizes(0, 1_000), []);
});

test("panes that would say too little beside the others stand in another row", () => {
  assert.deepEqual(rowSizes([380, 300, 300], 996, 8), [3]);
  assert.deepEqual(rowSizes([381, 300, 300], 996, 8), [2, 1]);
});

test("panes fill the room by their shares", () => {
  const room = { width: 908, height: 608, gap: 8 };
  assert.deepEqual(places(room, panes(2, 1), []), [
    { left: 0, top: 0, width: 600, height: 608 },
    { left: 608, top: 0, width: 300, height: 608 },
  ]);
  assert.deepEqual(places({ ...room, width: 608 }, panes(1, 1, 1), [2, 1]), [
    { left: 0, top: 0, width: 300, height: 400 },
    { left: 308, top: 0, width: 300, height: 400 },
    { left: 0, top: 408, width: 608, height: 200 },
  ]);
});

test("a pane with more columns takes of the others what they do not need", () => {
  const widths = (/** @type {number} */ width, /** @type {number} */ share, /** @type {number} */ wanted) => {
    const shown = places({ width, height: 608, gap: 8 }, [{ share, needed: 300, wanted }, ...panes(1, 1)], []);
    return shown.map((place) => place.width);
  };
  assert.deepEqual(widths(1_016, 1, 380), [380, 310, 310]);
  // Unless its user has made it narrower
  assert.deepEqual(widths(1_016, 0.5, 380), [200, 400, 400]);
  // And where they have no more to spare, it stays beside them, and is scrolled
  assert.deepEqual(widths(976, 1, 480), [360, 300, 300]);
  assert.deepEqual(widths(916, 1, 480), [300, 300, 300]);
  // And where there is no room for what it needs it is as wide as the room
  const narrow = places({ width: 200, height: 608, gap: 8 }, [{ share: 1, needed: 380, wanted: 380 }], []);
  assert.equal(narrow[0].width, 200);
});

test("neighbours that want more than there is share what is left over", () => {
  const both = [{ share: 1, needed: 300, wanted: 400 }, { share: 1, needed: 300, wanted: 500 }];
  const shown = places({ width: 758, height: 608, gap: 8 }, both, []);
  assert.deepEqual(shown.map(({ width }) => width), [350, 400]);
});

test("rows that would get too low are scrolled", () => {
  const low = places({ width: 300, height: 200, gap: 8 }, panes(1, 1, 1), []);
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
