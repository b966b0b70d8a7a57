// What people type into filters, and which rows pass.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FILTERS, mistakeIn, parseNumber, passesAll } from "../../../../watch/page/boards/filters.js";
import { asRows } from "./rows.js";

test("amounts are read as people write them", () => {
  const written = { "1.5M": 1_500_000, "200k": 200_000, "$12.30": 12.3, "1,000": 1_000, ".5": 0.5, "2B": 2e9, " 7 ": 7 };
  for (const [text, number] of Object.entries(written)) assert.equal(parseNumber(text), number);
});

test("anything else is not a number", () => {
  for (const text of ["", "M", "1.5X", "1e5", "-3", "1,00", "1.2.3", "NaN", "0x10"]) {
    assert.equal(parseNumber(text), null, text);
  }
});

test("rows pass that are within all limits", () => {
  // Given rows, the last of which lacks its numbers
  const rows = asRows([
    { symbol: "CHEAP", close: 2, free_float: 1e6, relative_volume: 9, accumulated_volume: 100 },
    { symbol: "DEAR", close: 200, free_float: 0, relative_volume: 1, accumulated_volume: 1_000 },
    { symbol: "BARE" },
  ]);

  /** @param {Record<string, number | null>} limits */
  const passing = (limits) => rows.filter(passesAll(new Map(Object.entries(limits)))).map(({ symbol }) => symbol);

  // Then limits include the numbers that are equal to them
  assert.deepEqual(passing({ min_price: 200 }), ["DEAR"]);
  assert.deepEqual(passing({ max_price: 2 }), ["CHEAP"]);
  assert.deepEqual(passing({ min_relative_volume: 1, min_volume: 1_000 }), ["DEAR"]);

  // And an unknown float is not a small one
  assert.deepEqual(passing({ max_float: 1e9 }), ["CHEAP"]);

  // And a limit that is not a number is ignored
  assert.deepEqual(passing({ min_price: null }), ["CHEAP", "DEAR", "BARE"]);
  assert.deepEqual(passing({}), ["CHEAP", "DEAR", "BARE"]);
});

test("the first mistake is named", () => {
  /** @param {Record<string, string>} typed */
  const mistake = (typed) => {
    const texts = new Map(Object.entries(typed));
    return mistakeIn(texts, new Map([...texts].map(([name, text]) => [name, parseNumber(text)])));
  };

  assert.equal(mistake({ min_price: "1", max_price: "2" }), "");
  assert.equal(mistake({ min_price: "2", max_price: "1" }), "The lowest price is above the highest.");
  assert.match(mistake({ min_price: "2", max_price: "low" }), /^\u201clow\u201d is no number/);
});

test("filters are named as in the address", () => {
  assert.deepEqual(FILTERS, ["min_price", "max_price", "max_float", "min_relative_volume", "min_volume"]);
});
