// Screens that have no rows until some minutes are recorded.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fillingText, lacksText, secondsNeeded } from "../../../../watch/page/boards/screens/filling-window.js";
import { board, field } from "./fields.js";

const FIELDS = [
  field("close"),
  field("pct_change_1m", "percent", { seconds: 60 }),
  field("pct_change_5m", "percent", { seconds: 300 }),
  field("volume_5m", "shares", { seconds: 300 }),
];

test("a board needs the longest of the times that it reads", () => {
  assert.equal(secondsNeeded(board("close"), FIELDS), 0);
  assert.equal(secondsNeeded(board("pct_change_5m"), FIELDS), 300);
  assert.equal(secondsNeeded({ ...board("close"), conditions: ["pct_change_1m > 0"] }, FIELDS), 60);
  assert.equal(secondsNeeded({ ...board("pct_change_1m"), conditions: ["close >= 2 * volume_5m"] }, FIELDS), 300);
});

test("it says which symbols it lacks", () => {
  assert.equal(lacksText(0), "");
  assert.equal(lacksText(300), "Symbols that first traded within the last 5 minutes are not on it yet.");
  assert.equal(lacksText(60), "Symbols that first traded within the last minute are not on it yet.");
});

test("it says when its first rows come", () => {
  assert.equal(fillingText(300, 100), "Needs 5 minutes of trading: first rows in 3:20");
  assert.equal(fillingText(60, 0.5), "Needs a minute of trading: first rows in 1:00");
  assert.equal(fillingText(300, 299.9), "Needs 5 minutes of trading: first rows in 0:01");
});

test("it says nothing of a time that has passed, or that nobody knows", () => {
  assert.equal(fillingText(300, 300), "");
  assert.equal(fillingText(300, null), "");
  assert.equal(fillingText(0, 0), "");
});
