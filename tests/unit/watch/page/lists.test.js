// Lists of symbols.

import assert from "node:assert/strict";
import { test } from "node:test";

import { freeName } from "../../../../watch/page/free-name.js";
import { linkedList, withList } from "../../../../watch/page/watchlist/linked-list.js";
import { merged, movedBy, readLists, symbolsIn } from "../../../../watch/page/watchlist/lists.js";

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
  assert.deepEqual(merged(own, imported), [...own, { name: "B 2", symbols: ["Y"] }, { name: "C", symbols: ["Z"] }]);
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
