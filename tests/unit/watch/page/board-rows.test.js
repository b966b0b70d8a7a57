// Wholes and deltas give the published board.

import assert from "node:assert/strict";
import { test } from "node:test";

import { BoardRows } from "../../../../watch/page/store/board-rows.js";

const WHOLE = {
  feed: "scanners:top_volume",
  seq: 7,
  rows: [
    { rank: 1, symbol: "A", close: 10.5, volume: 100 },
    { rank: 2, symbol: "B", close: 2 },
    { rank: 3, symbol: "C", close: 3 },
  ],
};

/** A board that has the whole. */
function known() {
  const board = new BoardRows();
  assert.equal(board.apply(WHOLE), "whole");
  return board;
}

test("a whole board replaces all rows", () => {
  const board = known();
  assert.equal(board.apply({ seq: 2, rows: [{ symbol: "Z", close: 1 }] }), "whole");
  assert.deepEqual(board.rows, [{ rank: 1, symbol: "Z", close: 1 }]);
});

test("rows that come again with the same fields stay the same objects", () => {
  const board = known();
  const [a, b] = board.rows;
  board.apply({ ...WHOLE, seq: 9, rows: [WHOLE.rows[0], { rank: 2, symbol: "B", close: 3 }] });
  assert.equal(board.rows[0], a);
  assert.notEqual(board.rows[1], b);
  assert.deepEqual(board.rows[1], { rank: 2, symbol: "B", close: 3 });
});

test("a delta changes fields, order and ranks", () => {
  // Given a board
  const board = known();
  const { rows: [, , before] } = board;

  // When one row changes, one leaves, one is new, and the order changes
  const applied = board.apply({
    seq: 8, base: 7, order: ["D", "A", "C"], rows: [{ symbol: "A", close: 10.6 }, { symbol: "D", close: 4 }], gone: ["B"],
  });

  // Then it is the published board, and what has not changed is the same object
  assert.deepEqual(board.rows, [
    { rank: 1, symbol: "D", close: 4 },
    { rank: 2, symbol: "A", close: 10.6, volume: 100 },
    { rank: 3, symbol: "C", close: 3 },
  ]);
  assert.equal(applied, "delta");
  assert.equal(board.rows[2], before);
});

test("without an order it stays", () => {
  const board = known();
  board.apply({ seq: 8, base: 7, rows: [{ symbol: "C", close: 4 }], gone: [] });
  assert.deepEqual(board.rows.map(({ symbol, rank }) => `${rank}${symbol}`), ["1A", "2B", "3C"]);
});

test("a row whose rank has changed is another object", () => {
  const board = known();
  const [a, b] = board.rows;
  board.apply({ seq: 8, base: 7, order: ["A", "C", "B"], rows: [], gone: [] });
  assert.equal(board.rows[0], a);
  assert.notEqual(board.rows[2], b);
  assert.deepEqual(board.rows.map(({ symbol, rank }) => `${rank}${symbol}`), ["1A", "2C", "3B"]);
});

test("no delta of the present applies to rows of the past", () => {
  const board = known();
  board.replace([/** @type {any} */ ({ symbol: "A", close: 9 })]);
  assert.equal(board.apply({ seq: 8, base: 7, rows: [{ symbol: "A", volume: 1 }], gone: [] }), "misfit");
  assert.deepEqual(board.rows, [{ symbol: "A", close: 9, rank: 1 }]);
});

test("a field that is unknown by now is left out", () => {
  const board = known();
  board.apply({ seq: 8, base: 7, rows: [{ symbol: "A", close: null, volume: "many" }], gone: [] });
  assert.deepEqual(board.rows[0], { rank: 1, symbol: "A" });
});

test("a row that leaves and comes back has none of its fields of before", () => {
  const board = known();
  board.apply({ seq: 8, base: 7, order: ["A", "B", "C"], rows: [{ symbol: "A", close: 1 }], gone: ["A"] });
  assert.deepEqual(board.rows[0], { rank: 1, symbol: "A", close: 1 });
});

test("what does not fit is not applied, and nothing is until the next whole", () => {
  const misfits = [
    { seq: 9, base: 8, rows: [], gone: [] },
    { seq: 8, base: 7, rows: [], gone: [], order: ["A", "X"] },
    { seq: 8, base: 7, rows: [7], gone: [] },
    { seq: 8, base: 7, rows: [], gone: "A" },
    { seq: "8", rows: [] },
    { rows: [] },
    undefined,
    null,
    7,
  ];
  for (const misfit of misfits) {
    const board = known();
    const { rows } = board;
    assert.equal(board.apply(misfit), "misfit");
    assert.equal(board.apply({ seq: 8, base: 7, rows: [], gone: [] }), "misfit");
    assert.equal(board.rows, rows);
    assert.equal(board.apply(WHOLE), "whole");
  }
});
