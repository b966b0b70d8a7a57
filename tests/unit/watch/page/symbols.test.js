// What a symbol is, and which one a person means.

import assert from "node:assert/strict";
import { test } from "node:test";

import { alternatives, completions, isSymbol } from "../../../../watch/page/quote/symbols.js";

const SYMBOLS = ["ABRpD", "AMpB", "AMpC", "AMPC", "BRKpA"];

test("a symbol has up to 24 letters, digits and some marks", () => {
  for (const symbol of ["A", "BRK.A", "BRKpA", "0", "A-B+C=D^E/F_G", "A".repeat(24)]) assert.ok(isSymbol(symbol), symbol);
  for (const other of ["", ".A", "A B", "<b>", "A*", "A".repeat(25), "A\n"]) assert.ok(!isSymbol(other), other);
});

test("symbols are completed in any case", () => {
  assert.deepEqual(completions("amp", SYMBOLS), ["AMpB", "AMpC", "AMPC"]);
  assert.deepEqual(completions("BRKPA", SYMBOLS), ["BRKpA"]);
  assert.deepEqual(completions("", SYMBOLS), []);
});

test("the only symbol that differs in case is meant, else the one in capitals", () => {
  assert.deepEqual(alternatives("brkpa", SYMBOLS), ["BRKpA", "BRKPA"]);
  assert.deepEqual(alternatives("ampc", SYMBOLS), ["AMPC"]);
  assert.deepEqual(alternatives("msft", SYMBOLS), ["MSFT"]);
});
