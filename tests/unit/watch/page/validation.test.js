// What may come from outside: whatever it is, it does not throw.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isUnwell,
  readAnswer,
  readBoards,
  readPastRanks,
  readQuote,
  readRows,
  readSparklines,
  readStatus,
} from "../../../../watch/page/gateway/validation.js";
import { board } from "./fields.js";

test("a board is an array of rows", () => {
  assert.deepEqual(readRows('[{"rank":1,"symbol":"A","close":2}]'), [{ rank: 1, symbol: "A", close: 2 }]);
  assert.deepEqual(readRows([]), []);
  assert.deepEqual(readRows("null"), []);
  for (const wrong of ["", "junk", "7", "{}", "[1]", "[null]", "[[]]", '[{"symbol":5}]', "[".repeat(20_000), undefined]) {
    assert.equal(readRows(wrong), null);
  }
});

test("of a row only numbers are taken", () => {
  const row = '{"symbol":"A","rank":{"toString":1},"close":"1","change":null,"volume":3,"end_timestamp":1e300}';
  assert.deepEqual(readRows(`[${row}]`), [{ symbol: "A", volume: 3 }]);
});

test("of the boards those are taken that are described in full, each name once", () => {
  const described = { ...board("rvol"), rows: 5 };
  assert.deepEqual(readBoards([described, 7, null, { ...described, title: "Again" }]), [board("rvol")]);
  for (const [name, wrong] of Object.entries({ name: "a b", title: 5, feed: null, field: undefined, change_since: "x" })) {
    assert.deepEqual(readBoards([{ ...described, [name]: wrong }]), []);
  }
  for (const wrong of [null, undefined, 7, {}, "[]"]) assert.deepEqual(readBoards(wrong), []);
});

test("a quote is a row, or null where there is none", () => {
  assert.deepEqual(readQuote('{"symbol":"A","close":2}'), { symbol: "A", close: 2 });
  assert.equal(readQuote("null"), null);
  assert.equal(readQuote(null), null);
  for (const wrong of ["", "[]", "{}", "7", undefined]) assert.equal(readQuote(wrong), undefined);
});

test("the gateway's own messages are distinguished from what is published", () => {
  assert.deepEqual(readAnswer('{"status":"subscribed"}'), { status: "subscribed" });
  assert.deepEqual(readAnswer('{"cache":"x","data":null}'), { cache: "x", data: null });
  for (const other of ["[]", '{"symbol":"status"}', '{"status"', ""]) assert.equal(readAnswer(other), null);
});

test("of a status only what is valid is taken", () => {
  const status = {
    now: 5,
    clock: "wall",
    session: { day: "2026-11-20", phase: "pre" },
    published_at: 4,
    newest_bar: 3,
    windows_since: 2,
  };
  assert.deepEqual(readStatus(status), status);
  assert.deepEqual(
    readStatus({ now: 5, clock: 1, session: { day: "someday" }, published_at: {}, newest_bar: 1e300, windows_since: "x" }),
    { now: 5, clock: 1, session: null, published_at: null, newest_bar: null, windows_since: null },
  );
  for (const wrong of [null, undefined, 7, {}, { now: -1 }, { now: "5" }]) assert.equal(readStatus(wrong), null);
});

test("a part is unwell where the gateway says so", () => {
  assert.equal(isUnwell({ parts: { redis: { ok: false } } }, "redis"), true);
  for (const health of [null, {}, { parts: null }, { parts: { redis: null } }, { parts: { redis: { ok: "no" } } }]) {
    assert.equal(isUnwell(health, "redis"), false);
  }
});

test("past ranks are by symbol, or unknown", () => {
  const answer = { board: "gainers", published_at: 1, ranks: { A: 1, B: 2 } };
  assert.deepEqual(readPastRanks(answer), new Map([["A", 1], ["B", 2]]));
  for (const wrong of [null, {}, { ...answer, published_at: null }, { ...answer, ranks: null }]) {
    assert.equal(readPastRanks(wrong), null);
  }
});

test("sparklines begin with the first price that is known", () => {
  const closes = { A: [null, 1, 2], B: [null, null], C: "junk", D: [1, "2", NaN] };
  assert.deepEqual(readSparklines({ closes }), new Map([["A", [1, 2]], ["B", []], ["C", []], ["D", [1]]]));
  for (const wrong of [null, {}, { closes: 5 }]) assert.deepEqual(readSparklines(wrong), new Map());
});
