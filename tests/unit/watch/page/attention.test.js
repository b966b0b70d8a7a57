// As of when the page knows how things stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Attention } from "../../../../watch/page/status/attention.js";

test("a page that was always looked at knows how things stand now", () => {
  const attention = new Attention();
  for (const now of [0, 200, 400]) attention.note(now, false);
  assert.equal(attention.asOf(0), 400);
  assert.equal(attention.asOf(-Infinity), 400);
});

test("a page in the background knows what its last status said, and asks before it knows more", () => {
  // Given a page that went into the background after its last status
  const attention = new Attention();
  attention.note(1_000, false);
  attention.note(2_000, true);
  attention.note(12_000, true);
  assert.equal(attention.asOf(1_500), 1_500);

  // When it comes back, then it knows nothing until the next status
  attention.note(12_100, false);
  assert.equal(attention.asOf(11_000), null);
  attention.note(12_400, false);
  assert.equal(attention.asOf(12_300), 12_400);
});

test("a machine that has slept waits for a status", () => {
  const attention = new Attention();
  attention.note(0, false);
  attention.note(60_000, false);
  assert.equal(attention.asOf(59_000), null);
  attention.note(60_200, false);
  assert.equal(attention.asOf(60_100), 60_200);
});
