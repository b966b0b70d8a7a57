// Which fields a quote shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { barText, changeGroups, foldedGroups, todayFields } from "../../../../watch/page/quote/quote-fields.js";
import { at } from "./candles.js";
import { FIELDS, field } from "./fields.js";
import { asRows } from "./rows.js";

const NAMED = [...FIELDS, ...["high", "low", "day_low", "day_high"].map((name) => field(name, "dollars"))];

test("changes stand in the headline", () => {
  assert.deepEqual(
    changeGroups(FIELDS).map(({ title, fields }) => [title, fields.map(({ name }) => name)]),
    [
      ["Since close", ["change", "pct_change"]],
      ["Since open", ["change_since_open", "pct_change_since_open"]],
    ],
  );
});

test("the day's high and low come first, and what is less asked for is folded", () => {
  const names = todayFields(NAMED).map(({ name }) => name);
  assert.deepEqual(names, ["day_high", "day_low", "aggregate_vwap", "accumulated_volume", "free_float"]);
  assert.deepEqual(
    foldedGroups(NAMED).map(({ title, fields }) => [title, fields.map(({ name }) => name)]),
    [
      ["Previous day", ["prev_day_close"]],
      ["Last bar", ["high", "low"]],
      ["More of today", ["relative_volume"]],
    ],
  );
});

test("the high and low of a second say so", () => {
  const [, bar] = foldedGroups(NAMED);
  assert.deepEqual(bar.fields.map(({ label }) => label), ["Bar high", "Bar low"]);
});

test("a field without a place of its own comes last", () => {
  const groups = foldedGroups([field("made_up"), ...FIELDS]);
  assert.equal(groups.at(-1)?.title, "Others");
  assert.deepEqual(groups.at(-1)?.fields.map(({ name, label }) => [name, label]), [["made_up", "made_up"]]);
});

test("each field is explained", () => {
  assert.deepEqual(todayFields([field("day_high", "dollars", { about: "The day's" })])[0].about, "The day's");
});

test("the bar behind a price is for those who ask", () => {
  const [row] = asRows([{ symbol: "A", start_timestamp: at("09:31"), end_timestamp: at("09:31") + 1000, folded: 3 }]);
  assert.equal(
    barText(row),
    "Its last bar lasted from 09:31:00 to 09:31:01 ET. 3 earlier bars were conflated into it.",
  );
  assert.equal(barText(asRows([{ ...row, folded: 0 }])[0]), "Its last bar lasted from 09:31:00 to 09:31:01 ET.");
  assert.equal(barText(asRows([{ symbol: "A" }])[0]), "When its last bar was is unknown.");
});

test("before 09:30 the open is that of the pre-market", () => {
  const [open] = todayFields([field("open", "dollars")]);
  const labels = ["09:29", "09:30"].map((time) => open.labelOf(asRows([{ symbol: "A", start_timestamp: at(time) }])[0]));
  assert.deepEqual(labels, ["Pre-mkt open", "Session open"]);
});
