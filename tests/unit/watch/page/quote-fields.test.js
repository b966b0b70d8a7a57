// Which fields a quote shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { changeGroups, quoteGroups } from "../../../../watch/page/quote/quote-fields.js";
import { FIELDS, field } from "./fields.js";

test("changes stand in the headline, all else in groups", () => {
  assert.deepEqual(
    changeGroups(FIELDS).map(({ title, fields }) => [title, fields.map(({ name }) => name)]),
    [
      ["Since close", ["change", "pct_change"]],
      ["Since open", ["change_since_open", "pct_change_since_open"]],
    ],
  );
  const names = quoteGroups(FIELDS).flatMap(({ fields }) => fields.map(({ name }) => name));
  assert.deepEqual(names, [
    "accumulated_volume", "relative_volume", "aggregate_vwap", "folded", "prev_day_close", "free_float",
  ]);
});

test("a field without a place of its own comes last", () => {
  const groups = quoteGroups([field("made_up"), ...FIELDS]);
  assert.equal(quoteGroups(FIELDS).at(-1)?.title, "Shares");
  assert.equal(groups.at(-1)?.title, "More");
  assert.deepEqual(groups.at(-1)?.fields.map(({ name, label }) => [name, label]), [["made_up", "made_up"]]);
});
