// The time that the desk shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DeskTime } from "../../../../watch/page/past/desk-time.js";

const SECOND = Date.parse("2026-11-20T14:31:07Z");

test("a desk is live until it is shown a past second", () => {
  const time = new DeskTime();
  assert.ok(time.isLive);
  assert.equal(time.at, null);

  // When it is shown a moment within a second
  time.show(SECOND + 600);

  // Then it is of that second
  assert.ok(!time.isLive);
  assert.equal(time.at, SECOND);

  // And live again
  time.live();
  assert.ok(time.isLive);
});

test("listeners are called for each change until they stop", () => {
  const time = new DeskTime();
  /** @type {(number | null)[]} */
  const seen = [];
  const stop = time.watch(() => seen.push(time.at));

  // When the second changes, and when it does not
  time.live();
  time.show(SECOND);
  time.show(SECOND + 999);
  time.show(SECOND + 1_000);
  time.live();

  // Then they are called where it did
  assert.deepEqual(seen, [SECOND, SECOND + 1_000, null]);

  // And no more once they have stopped
  stop();
  time.show(SECOND);
  assert.equal(seen.length, 3);
});
