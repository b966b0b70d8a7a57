// Whether the page knows how things stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Attention } from "../../../../watch/page/status/attention.js";

test("a page that was always looked at knows what its last status said", () => {
  const attention = new Attention();
  for (const now of [0, 200, 400]) attention.note(now, false);
  assert.ok(attention.isUpToDate(0));
});

test("a page that comes back from the background waits for a status", () => {
  // Given a page that went into the background after its last status
  const attention = new Attention();
  attention.note(1_000, false);
  attention.note(2_000, true);
  assert.ok(attention.isUpToDate(1_000));

  // When it has been there for longer than a status counts
  attention.note(3_000, true);
  attention.note(12_000, true);
  assert.ok(!attention.isUpToDate(1_000));

  // Then it knows nothing either when it comes back, until the next status
  attention.note(12_100, false);
  assert.ok(!attention.isUpToDate(11_000));
  assert.ok(attention.isUpToDate(12_300));
});

test("a machine that has slept waits for a status", () => {
  const attention = new Attention();
  attention.note(0, false);
  attention.note(60_000, false);
  assert.ok(!attention.isUpToDate(59_000));
  attention.note(60_200, false);
  assert.ok(attention.isUpToDate(60_100));
});
