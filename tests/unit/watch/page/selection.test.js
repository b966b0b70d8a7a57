import assert from "node:assert/strict";
import { test } from "node:test";

import { Selection } from "../../../../watch/page/selection/selection.js";

/** @param {Selection} selection */
function listen(selection) {
  /** @type {[string | null, string][]} */
  const calls = [];
  const end = selection.watch((symbol, origin) => calls.push([symbol, origin]));
  return { calls, end };
}

test("listeners hear of each choice, and of who made it", () => {
  const selection = new Selection();
  const { calls, end } = listen(selection);

  selection.choose("AAPL", "boards");
  selection.choose("AAPL", "search");
  selection.choose(null, "quote");
  end();
  selection.choose("MSFT", "boards");

  assert.deepEqual(calls, [["AAPL", "boards"], ["AAPL", "search"], [null, "quote"]]);
  assert.equal(selection.symbol, "MSFT");
});

test("every listener ends with the symbol that a listener chose instead", () => {
  const selection = new Selection();
  selection.watch((symbol) => {
    if (symbol === "aapl") selection.choose("AAPL", "search");
  });
  const { calls } = listen(selection);

  selection.choose("aapl", "address");

  assert.deepEqual(calls, [["AAPL", "search"]]);
});

test("keys act on the selected symbol, else on the row that the keyboard was at last", () => {
  const selection = new Selection();
  assert.equal(selection.target, null);

  selection.point("NEW");
  assert.equal(selection.target, "NEW");

  selection.choose("AAPL", "boards");
  assert.equal(selection.target, "AAPL");

  selection.choose(null, "quote");
  assert.equal(selection.target, "AAPL");
});
