// What the page gives to other programs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../../../../watch/page/exchange/csv.js";
import { contentCsv, contentText } from "../../../../watch/page/exchange/shown-table.js";
import { symbolLink } from "../../../../watch/page/exchange/symbol-link.js";

test("cells are quoted where they must be", () => {
  const text = csv(["Symbol", "Chg, %"], [["A\"B", 1234.5], ["C\nD", undefined]]);
  assert.equal(text, 'Symbol,"Chg, %"\r\n"A""B",1234.5\r\n"C\nD",\r\n');
});

test("no cell is a formula, and numbers stay numbers", () => {
  const text = csv([], [["=1+1", "@A", "+A", "-A", "-1.5", "+2.00%", -3]]);
  assert.equal(text, "\r\n'=1+1,'@A,'+A,'-A,-1.5,+2.00%,-3\r\n");
});

test("a template leads to a symbol's page", () => {
  assert.equal(symbolLink(" https://example.com/{symbol}?s={symbol} ", "BRK.B"), "https://example.com/BRK.B?s=BRK.B");
  assert.equal(symbolLink("http://host/#{symbol}", "A/B^C"), "http://host/#A%2FB%5EC");
});

test("other templates lead nowhere", () => {
  for (const template of ["", "https://example.com/", "javascript:alert('{symbol}')", "https://{symbol} x/", "{symbol}"]) {
    assert.equal(symbolLink(template, "AAPL"), null, template);
  }
});

test("a board is written as it is shown, and in full as CSV", () => {
  const column = { about: "", fields: [], digits: 1, signed: false, isPercent: false, ticks: false };
  const content = {
    title: "Gainers",
    columns: [
      { ...column, key: "symbol", title: "Symbol", kind: /** @type {const} */ ("text"), text: () => "AAPL" },
      { ...column, key: "move", title: "Move", kind: /** @type {const} */ ("move"), text: () => "" },
      { ...column, key: "close", title: "Price", kind: /** @type {const} */ ("text"), text: () => "12.35" },
    ],
    rows: [{ symbol: "AAPL", close: 12.3456 }],
  };
  assert.equal(contentText(/** @type {any} */ (content)), "Symbol\tPrice\nAAPL\t12.35");
  assert.equal(contentCsv(/** @type {any} */ (content)), "symbol,close\r\nAAPL,12.3456\r\n");
});
