// Lists of symbols.

import assert from "node:assert/strict";
import { test } from "node:test";

import { freeName } from "../../../../watch/page/free-name.js";
import { linkedList, withList } from "../../../../watch/page/watchlist/linked-list.js";
import {
  MOST_LISTS, MOST_SYMBOLS, additionText, merged, movedBy, readLists, reverted, symbolsIn, withAdded,
} from "../../../../watch/page/watchlist/lists.js";

test("what is no list is left out, and so is a name that comes twice", () => {
  const value = [
    null,
    "A",
    { name: "", symbols: [] },
    { name: 1, symbols: [] },
    { name: "no symbols" },
    { name: " My \n list ", symbols: ["AAPL", 3, "<b>", "BRKpA", "AAPL"] },
    { name: "My list", symbols: ["MSFT"] },
  ];
  assert.deepEqual(readLists(value), [{ name: "My list", symbols: ["AAPL", "BRKpA"] }]);
  assert.deepEqual(readLists({}), []);
});

test("symbols are found in what a person pastes", () => {
  assert.deepEqual(symbolsIn(" AAPL, MSFT;BRK.B\nNEW  $X AAPL"), ["AAPL", "MSFT", "BRK.B", "NEW"]);
  assert.deepEqual(symbolsIn(""), []);
});

test("symbols are added once, behind the others", () => {
  const addition = withAdded(["AAPL"], ["MSFT", "AAPL", "NEW", "MSFT"]);
  assert.deepEqual(addition, { symbols: ["AAPL", "MSFT", "NEW"], taken: ["MSFT", "NEW"], leftOut: [] });
  assert.equal(additionText(addition, "Runners"), "MSFT, NEW added to Runners.");
  assert.equal(additionText(withAdded(["AAPL"], ["AAPL"]), "Runners"), "Runners has that already.");
});

test("what a full list leaves out is counted", () => {
  // Given a list with room for all but twenty, and as many symbols as it has room for in all
  const there = Array.from({ length: 20 }, (_, i) => `OLD${i}`);
  const added = Array.from({ length: MOST_SYMBOLS }, (_, i) => `NEW${i}`);

  const addition = withAdded(there, [...added, "OLD1"]);

  // Then those that were there already are neither taken nor left out
  assert.equal(addition.symbols.length, MOST_SYMBOLS);
  assert.deepEqual(addition.leftOut, added.slice(-20));
  assert.equal(
    additionText(addition, "Runners"),
    `Took ${MOST_SYMBOLS - 20}, left out 20: the list is full at ${MOST_SYMBOLS}.`,
  );
  assert.equal(additionText(withAdded(there, added.slice(0, 50)), "Runners"), "50 symbols added to Runners.");
});

test("a symbol is moved as far as the list goes", () => {
  const symbols = ["A", "B", "C"];
  assert.deepEqual(movedBy(symbols, "A", 1), ["B", "A", "C"]);
  assert.deepEqual(movedBy(symbols, "C", -2), ["C", "A", "B"]);
  assert.deepEqual(movedBy(symbols, "B", 9), ["A", "C", "B"]);
  assert.deepEqual(movedBy(symbols, "A", -1), symbols);
});

test("a name that is taken gets a number", () => {
  assert.equal(freeName("A", ["B"]), "A");
  assert.equal(freeName("A", ["A", "A 2"]), "A 3");
});

test("importing loses no list", () => {
  const own = [{ name: "A", symbols: ["X"] }, { name: "B", symbols: [] }];
  const imported = [{ name: "A", symbols: ["X"] }, { name: "B", symbols: ["Y"] }, { name: "C", symbols: ["Z"] }];
  const taken = [{ name: "B 2", symbols: ["Y"] }, { name: "C", symbols: ["Z"] }];
  assert.deepEqual(merged(own, imported), { lists: [...own, ...taken], taken, known: 1, leftOut: 0, cut: 0 });
});

test("importing counts the lists and symbols for which there is no room", () => {
  const own = Array.from({ length: MOST_LISTS - 1 }, (_, i) => ({ name: `List ${i}`, symbols: [`S${i}`] }));
  const long = Array.from({ length: MOST_SYMBOLS + 20 }, (_, i) => `X${i}`);

  const { lists, taken, leftOut, cut } = merged(own, [{ name: "Long", symbols: long }, { name: "More", symbols: ["Y"] }]);

  assert.deepEqual([lists.length, leftOut, cut], [MOST_LISTS, 1, 20]);
  assert.deepEqual(taken, [{ name: "Long", symbols: long.slice(0, MOST_SYMBOLS) }]);
});

test("a change that is taken back leaves later ones as they are", () => {
  // Given a list of which one was removed, before another came and two changed places
  const [before, after] = [["A", "B", "C"], ["A", "C"]];
  assert.deepEqual(reverted(["C", "A", "D"], before, after), ["C", "B", "A", "D"]);

  // And what was added goes, unless it has gone already
  assert.deepEqual(reverted(["A", "C", "D"], ["A"], ["A", "B", "C"]), ["A", "D"]);
  assert.deepEqual(reverted(["A"], ["A"], ["A", "B"]), ["A"]);
  assert.deepEqual(reverted([], ["A", "B"], []), ["A", "B"]);
});

test("an address carries a list", () => {
  const url = new URL("http://desk/?symbol=NEW&watch=OLD#(a:1");
  const list = { name: "Low & high", symbols: ["AAPL", "BRK.B"] };

  const linked = withList(url, list);

  assert.equal(linked.href, "http://desk/?symbol=NEW&list=Low+%26+high&watch=AAPL,BRK.B#(a:1");
  assert.deepEqual(linkedList(linked), list);
  assert.equal(withList(linked, null).href, "http://desk/?symbol=NEW#(a:1");
  assert.equal(linkedList(new URL("http://desk/?list=A&watch=%3Cb%3E")), null);
  assert.deepEqual(linkedList(new URL("http://desk/?watch=A")), { name: "Shared list", symbols: ["A"] });
});
