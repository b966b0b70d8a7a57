// What people type into filters, and which rows pass.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FILTERS,
  conditionsOf,
  limitsOf,
  mistakeIn,
  parseChange,
  parseNumber,
  passesAll,
  testedFields,
} from "../../../../watch/page/boards/filters/filters.js";
import {
  PRESETS,
  differing,
  floorWaits,
  isSet,
  toggled,
  usualTexts,
} from "../../../../watch/page/boards/filters/usual-filters.js";
import { chipText, filteredRows } from "../../../../watch/page/boards/filters/filtered-rows.js";
import { asRows } from "./rows.js";

/** @import { Texts } from "../../../../watch/page/boards/filters/filters.js" */

test("amounts are read as people write them", () => {
  const written = { "1.5M": 1_500_000, "200k": 200_000, "$12.30": 12.3, "1,000": 1_000, ".5": 0.5, "2B": 2e9, " 7 ": 7 };
  for (const [text, number] of Object.entries(written)) assert.equal(parseNumber(text), number);
});

test("anything else is not a number", () => {
  for (const text of ["", "M", "1.5X", "1e5", "-3", "1,00", "1.2.3", "NaN", "0x10"]) {
    assert.equal(parseNumber(text), null, text);
  }
});

test("changes can be negative", () => {
  for (const [text, number] of Object.entries({ 10: 10, "+10 %": 10, "-5.5": -5.5, "- 3%": -3, ".5": 0.5 })) {
    assert.equal(parseChange(text), number);
  }
  for (const text of ["", "%", "10k", "--1", "1e1"]) assert.equal(parseChange(text), null, text);
});

test("rows pass that are within all limits", () => {
  // Given rows, the last of which lacks its numbers
  const rows = asRows([
    { symbol: "CHEAP", close: 2, free_float: 1e6, relative_volume: 9, accumulated_volume: 100, pct_change: 12, rvol: 6 },
    { symbol: "DEAR", close: 200, free_float: 0, relative_volume: 1, accumulated_volume: 1_000, pct_change: -12 },
    { symbol: "BARE" },
  ]);

  /** @param {Texts} texts */
  const passing = (texts) => rows.filter(passesAll(limitsOf(texts), "pct_change")).map(({ symbol }) => symbol);

  // Then limits include the numbers that are equal to them
  assert.deepEqual(passing({ min_price: "200" }), ["DEAR"]);
  assert.deepEqual(passing({ max_price: "2" }), ["CHEAP"]);
  assert.deepEqual(passing({ min_relative_volume: "1", min_volume: "1K" }), ["DEAR"]);
  assert.deepEqual(passing({ min_rvol: "5" }), ["CHEAP"]);

  // And an unknown float is not a small one
  assert.deepEqual(passing({ max_float: "1B" }), ["CHEAP"]);

  // And a change is at least so high, or at most so low
  assert.deepEqual(passing({ min_change: "12" }), ["CHEAP"]);
  assert.deepEqual(passing({ min_change: "-12" }), ["DEAR"]);

  // And a limit that is not a number is ignored
  assert.deepEqual(passing({ min_price: "low" }), ["CHEAP", "DEAR", "BARE"]);
  assert.deepEqual(passing({ min_price: " ", other: "5" }), ["CHEAP", "DEAR", "BARE"]);
});

test("filters name the fields that they test, and can be asked of the whole market", () => {
  const limits = limitsOf({ min_price: "2.5", max_float: "20M", min_change: "-10", min_volume: "no" });
  assert.deepEqual(testedFields(limits, "pct_change_5m"), ["close", "free_float", "pct_change_5m"]);
  assert.deepEqual(conditionsOf(limits, "pct_change_5m"), [
    "close >= 2.5", "free_float > 0", "free_float <= 20_000_000", "pct_change_5m <= -10",
  ]);
});

test("the first mistake is named", () => {
  /** @param {Texts} texts */
  const mistake = (texts) => mistakeIn(texts, limitsOf(texts));

  assert.equal(mistake({ min_price: "1", max_price: "2" }), "");
  assert.equal(mistake({ min_price: "2", max_price: "1" }), "The lowest price is above the highest.");
  assert.match(mistake({ min_price: "2", max_price: "low" }), /^\u201clow\u201d is no number/);
  assert.match(mistake({ min_change: "10k" }), /Try 10 or -10\.$/);
});

test("filters are named as in the address", () => {
  assert.deepEqual(FILTERS.map(({ name }) => name), [
    "min_price", "max_price", "max_float", "min_rvol", "min_relative_volume", "min_volume", "min_change",
  ]);
});

test("boards by percent begin with a floor of volume, which waits while next to nothing passes it", () => {
  const floor = usualTexts({ isScreen: false, isByPercent: true });
  assert.deepEqual(floor, { min_volume: "50K" });
  assert.deepEqual(usualTexts({ isScreen: true, isByPercent: true }), {});
  assert.deepEqual(usualTexts({ isScreen: false, isByPercent: false }), {});

  /** @param {number} count */
  const rows = (count) => asRows(Array.from({ length: count }, (_, i) => ({ symbol: `S${i}`, accumulated_volume: 5e4 })));
  assert.ok(floorWaits(floor, rows(9)));
  assert.ok(!floorWaits(floor, rows(10)));
  assert.ok(!floorWaits({ min_volume: "60K" }, rows(1)));
});

test("a preset sets its filters, and a second click removes them", () => {
  const [price] = PRESETS;
  const set = toggled({ max_float: "5M", min_price: "1" }, price);
  assert.deepEqual(set, { max_float: "5M", min_price: "2", max_price: "20" });
  assert.ok(isSet(set, price));
  assert.ok(!isSet(toggled(set, price), price));
});

test("settings have what differs from the usual filters", () => {
  assert.deepEqual(differing({ min_volume: "50K", max_price: "20", min_price: "" }, { min_volume: "50K" }), {
    max_price: "20",
  });
  assert.deepEqual(differing({}, { min_volume: "50K" }), { min_volume: "" });
});

/**
 * @param {string} name of a filter
 * @param {string} text of it
 * @param {import("../../../../watch/page/boards/filters/filtered-rows.js").Filtered} filtered
 */
function chip(name, text, filtered) {
  const filter = FILTERS.find((each) => each.name === name);
  assert.ok(filter);
  return chipText(filter, text, filtered);
}

test("chips say in few words what passes", () => {
  const all = filteredRows(asRows([{ symbol: "A", close: 1, free_float: 5, pct_change: 1 }]), {}, "pct_change");
  assert.equal(chip("max_float", "20m", all).words, "Float \u2264 20M");
  assert.equal(chip("min_change", "10", all).words, "Change \u2265 10%");
  assert.equal(chip("min_change", "-5.5 %", all).words, "Change \u2264 -5.5%");
});

test("a floor of volume says how many rows it hides", () => {
  // Given 15 rows, of which 12 pass the floor, and 14 another filter
  const rows = asRows(Array.from({ length: 15 }, (_, i) => {
    return { symbol: `S${i}`, close: i, accumulated_volume: i < 3 ? 100 : 60_000 };
  }));
  const filtered = filteredRows(rows, { min_volume: "50k", min_price: "1" }, "pct_change");
  assert.equal(filtered.rows.length, 12);
  assert.deepEqual([filtered.of, filtered.hidden], [14, 2]);

  // Then its chip says so, and the other's that it is set
  assert.deepEqual(chip("min_volume", "50k", filtered), {
    words: "50K+ volume: 2 of 14 hidden", isWaiting: false, hides: true,
  });
  assert.deepEqual(chip("min_price", "1", filtered), {
    words: "Price \u2265 1", isWaiting: false, hides: false,
  });

  // And while next to nothing passes it, nothing is hidden
  const early = filteredRows(rows.slice(0, 5), { min_volume: "50K" }, "pct_change");
  assert.equal(early.rows.length, 5);
  assert.deepEqual(chip("min_volume", "50K", early), {
    words: "50K+ volume: begins when ten have it", isWaiting: true, hides: false,
  });
});

test("a filter hides nothing until what it tests has come", () => {
  const bare = asRows([{ symbol: "A", close: 1 }, { symbol: "B", close: 3 }]);
  const texts = { min_rvol: "5", max_price: "2" };
  const waiting = filteredRows(bare, texts, "pct_change");
  assert.deepEqual([waiting.rows.map(({ symbol }) => symbol), waiting.awaited], [["A"], ["min_rvol"]]);
  assert.equal(chip("min_rvol", "5", waiting).words, "RVol \u2265 5: waits for data");

  // When it has come of some rows, then the others do not pass
  const come = asRows([{ symbol: "A", close: 1 }, { symbol: "B", close: 1, rvol: 6 }]);
  assert.deepEqual(filteredRows(come, texts, "pct_change").rows.map(({ symbol }) => symbol), ["B"]);
});

test("a text that is no number is no floor", () => {
  const filtered = filteredRows(asRows([{ symbol: "A", accumulated_volume: 1 }]), { min_volume: "many" }, "");
  assert.equal(filtered.rows.length, 1);
  assert.equal(chip("min_volume", "many", filtered).words, "Volume from many");
});
