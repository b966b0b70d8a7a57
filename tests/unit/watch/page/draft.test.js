// A screen that is made on the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { boardOf, draftOf, queryOf, readCondition, readDraft, suggestedTitle, tomlOf } from "../../../../watch/page/boards/screens/draft.js";
import { board } from "./fields.js";

/** @type {import("../../../../watch/page/boards/screens/draft.js").Draft} */
const GAPPERS = {
  title: "Low-float \"gappers\"",
  by: "pct_change",
  order: "descending",
  where: ["close >= 2", "free_float <= 20_000_000"],
  hours: ["pre", "regular"],
};

test("its title is suggested by what ranks it", () => {
  assert.equal(suggestedTitle("Chg %", "descending"), "Highest Chg %");
  assert.equal(suggestedTitle("RVol", "ascending"), "Lowest RVol");
});

test("it asks the gateway for the whole market", () => {
  assert.equal(
    queryOf(GAPPERS),
    "by=pct_change&order=descending&where=close+%3E%3D+2&where=free_float+%3C%3D+20_000_000&hours=pre&hours=regular",
  );
});

test("its TOML declares it on the server", () => {
  assert.equal(tomlOf(GAPPERS), `[[screen]]
name = "low_float_gappers"
title = "Low-float \\"gappers\\""
by = "pct_change"
hours = ["pre", "regular"]
where = [
    "close >= 2",
    "free_float <= 20_000_000",
]
`);
  assert.equal(tomlOf({ ...GAPPERS, title: "Top!", order: "ascending", where: [], hours: [] }), `[[screen]]
name = "top"
title = "Top!"
by = "pct_change"
order = "ascending"
`);
  assert.match(tomlOf({ ...GAPPERS, title: "Top ten" }), /^name = "screen_top_ten"$/m);
  assert.match(tomlOf({ ...GAPPERS, title: "\u00fc" }), /^name = "screen"$/m);
});

test("conditions consist of field, operator and right side", () => {
  assert.deepEqual(readCondition("close>=2"), { field: "close", operator: ">=", right: "2" });
  assert.deepEqual(readCondition(" close >= 0.99 * day_high "), {
    field: "close",
    operator: ">=",
    right: "0.99 * day_high",
  });
  for (const wrong of ["", "close", "close >= ", "5 > close", "close = 5"]) assert.equal(readCondition(wrong), null, wrong);
});

test("numbers are read as people write them", () => {
  const written = (/** @type {string} */ right) => readDraft({ by: "rvol", where: [`close >= ${right}`] })?.where[0];
  assert.equal(written("20M"), "close >= 20_000_000");
  assert.equal(written("200k"), "close >= 200_000");
  assert.equal(written("1.5B"), "close >= 1_500_000_000");
  assert.equal(written("0.07m"), "close >= 70_000");
  assert.equal(written("-1,000"), "close >= -1000");
  assert.equal(written("$2"), "close >= 2");
  assert.equal(written("1.5K * day_high"), "close >= 1500 * day_high");
  // What the server reads stays as it is, and so does what it has to name as a mistake.
  for (const same of ["2", "10_000", "20e6", "-3", "0.99 * day_high", "day_high", "20X", "20 M M"]) {
    assert.equal(written(same), `close >= ${same}`);
  }
});

test("a draft of another hand is made valid, or is none", () => {
  assert.deepEqual(readDraft(GAPPERS), GAPPERS);
  for (const wrong of [null, 5, {}, { by: 5 }, { by: "x y" }, { by: "toString()" }]) assert.equal(readDraft(wrong), null);
  assert.deepEqual(readDraft({ by: "rvol", order: "up", where: [5, "close >= 1"], hours: ["night", "pre"] }), {
    title: "My screen",
    by: "rvol",
    order: "descending",
    where: ["close >= 1"],
    hours: ["pre"],
  });
  assert.equal(readDraft({ by: "rvol", where: Array(50).fill("close >= 1") })?.where.length, 12);
});

test("a board's filters become conditions of a screen like it", () => {
  const small = { ...board("pct_change"), title: "Gappers", conditions: ["close >= 2"] };
  assert.deepEqual(draftOf(small, ["close >= 2", "rvol >= 5"]), {
    title: "Gappers, filtered",
    by: "pct_change",
    order: "descending",
    where: ["close >= 2", "rvol >= 5"],
    hours: [],
  });
});

test("as a board it says what ranks it", () => {
  const made = boardOf({ ...GAPPERS, order: "ascending" }, "made_1", "Chg %");
  assert.equal(made.caption, "by Chg %, lowest first, whole market");
  assert.deepEqual([made.name, made.field, made.change_since], ["made_1", "pct_change", "close"]);
});
