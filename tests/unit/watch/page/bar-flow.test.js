// Whether bars come.

import assert from "node:assert/strict";
import { test } from "node:test";

import { BarFlow } from "../../../../watch/page/status/bar-flow.js";

/** @param {number} interval milliseconds between bars, thirty of them from 0 on */
function flow(interval) {
  const made = new BarFlow();
  for (let i = 0; i <= 30; i += 1) made.came(i * interval);
  return made;
}

test("in a lively market five seconds of silence are too long", () => {
  const lively = flow(1_000);
  assert.equal(lively.silence(35_000, 0), 5_000);
  assert.ok(!lively.isHalted(5_000));
  assert.ok(lively.isHalted(5_001));
});

test("in a market that trades seldom, it takes four of its intervals", () => {
  const thin = flow(4_000);
  assert.ok(!thin.isHalted(15_000));
  assert.ok(thin.isHalted(17_000));
  // And a feed that has stopped now and then is not one that may stop for long
  assert.ok(flow(120_000).isHalted(61_000));
});

test("silence begins with the market's hours", () => {
  const overnight = new BarFlow();
  overnight.came(0);
  assert.equal(overnight.silence(28_802_000, 28_800_000), 2_000);
});

test("before anything is known there is no silence", () => {
  assert.equal(new BarFlow().silence(60_000, 0), 0);
});

test("what came earlier than the last bars says nothing", () => {
  const known = flow(1_000);
  known.came(12_000);
  assert.equal(known.silence(31_000, 0), 1_000);
});
