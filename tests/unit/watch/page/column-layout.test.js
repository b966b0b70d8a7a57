// How wide a board's columns are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grown } from "../../../../watch/page/boards/columns/column-layout.js";

test("columns share what is left over by their widths, in whole pixels", () => {
  assert.deepEqual(grown([30, 50, 100], [false, true, true], 255), [30, 75, 150]);
  assert.deepEqual(grown([30, 50, 100], [false, true, true], 256), [30, 75, 150]);
});

test("where nothing is left over, or none grows, columns are as they are", () => {
  assert.deepEqual(grown([30, 50, 100], [false, true, true], 120), [30, 50, 100]);
  assert.deepEqual(grown([30, 50], [false, false], 500), [30, 50]);
});
