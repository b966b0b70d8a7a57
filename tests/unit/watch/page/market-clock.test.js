// The market's time, and how far behind the bars are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MarketClock } from "../../../../watch/page/status/market-clock.js";

/** @import { Status } from "../../../../watch/page/gateway/validation.js" */

/**
 * @param {"wall" | "events"} clock
 * @param {number} now
 * @param {number | null} newest
 * @returns {Status}
 */
function status(clock, now, newest) {
  return { clock, now, newest_bar: newest, windows_since: null, session: null, published_at: null };
}

/**
 * @param {number} seconds
 * @param {number} expected
 */
function assertAbout(seconds, expected) {
  assert.ok(Math.abs(seconds - expected) < 1, `${seconds} is not about ${expected}`);
}

test("before the gateway's first status, the boards give the time", () => {
  const clock = new MarketClock();
  assert.equal(clock.now(), null);
  clock.see(5_000);
  assert.equal(clock.now(), 5_000);
  assert.equal(clock.behind(), 0);
});

test("where bars are the clock, the newest bar gives the time, and nothing is late", () => {
  const clock = new MarketClock();
  clock.set(status("events", 1_000_000, 7_000));
  clock.see(5_000);
  assert.equal(clock.now(), 7_000);
  clock.see(9_000);
  assert.equal(clock.now(), 9_000);
  assert.equal(clock.behind(), 0);
});

test("on the wall clock the server gives the time, whatever this machine's clock says", () => {
  const clock = new MarketClock();
  const server = Date.now() - 3_600_000;
  clock.set(status("wall", server, null));
  assertAbout((clock.now() ?? 0) / 1000, server / 1000);
  assert.equal(clock.behind(), 0);
});

test("the market is behind by its newest bar, on the shown boards or on any", () => {
  const clock = new MarketClock();
  const now = Date.now();
  clock.set(status("wall", now, now - 30_000));
  assertAbout(clock.behind(), 30);
  clock.see(now - 60_000);
  assertAbout(clock.behind(), 30);
  clock.see(now - 2_000);
  assertAbout(clock.behind(), 2);
});
