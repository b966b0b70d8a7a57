// What the page says of its connection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ageText, connectionState } from "../../../../watch/page/status/connection-state.js";

/** @import { Known } from "../../../../watch/page/status/connection-state.js" */

const OPEN = { state: /** @type {const} */ ("open"), retryAt: 0 };
const CONNECTING = { state: /** @type {const} */ ("connecting"), retryAt: 0 };
const WAITING = { state: /** @type {const} */ ("waiting"), retryAt: 3_500 };
const LOCKED = { state: /** @type {const} */ ("unauthorized"), retryAt: 0 };

/** @param {Partial<Known>} known what differs from a live page */
function state(known) {
  const live = { feeds: [OPEN, OPEN], wasLost: false, problem: "", age: 1, hasStatus: true, behind: 0, now: 1_000 };
  const { state: name, words } = connectionState({ ...live, ...known });
  return `${name}: ${words}`;
}

test("a page that gets snapshots is live", () => {
  assert.equal(state({}), "live: Live");
});

test("a page is connecting until it knows how old its data is", () => {
  assert.equal(state({ feeds: [OPEN, CONNECTING] }), "connecting: Connecting");
  assert.equal(state({ age: null, hasStatus: false }), "connecting: Connecting");
  assert.equal(state({ age: null }), "live: Live");
});

test("a lost connection is shown until all feeds are open again", () => {
  assert.equal(state({ feeds: [OPEN, WAITING] }), "lost: Disconnected, next try in 3 s");
  assert.equal(state({ feeds: [WAITING], now: 9_000 }), "lost: Disconnected, next try in 0 s");
  assert.equal(state({ feeds: [OPEN, CONNECTING], wasLost: true }), "lost: Disconnected, trying");
  assert.equal(state({ wasLost: true }), "live: Live");
});

test("a missing key comes before all else", () => {
  assert.equal(state({ feeds: [WAITING, LOCKED], problem: "Nobody publishes" }), "locked: API key needed");
});

test("a problem of the server comes before silence and late bars", () => {
  assert.equal(state({ problem: "Nobody publishes", age: 60, behind: 60 }), "unwell: Nobody publishes");
  assert.equal(state({ problem: "Nobody publishes", age: null, hasStatus: false }), "unwell: Nobody publishes");
});

test("silence is a quiet market, and bars that end long ago are late", () => {
  assert.equal(state({ age: 6, behind: 60 }), "quiet: No change");
  assert.equal(state({ behind: 16 }), "late: Bars late");
  assert.equal(state({ behind: 15 }), "live: Live");
});

test("the age follows the state", () => {
  assert.equal(ageText("live", null, 0), "");
  assert.equal(ageText("live", 1.25, 0), "1.3 s ago");
  assert.equal(ageText("live", 5, 0), "data 5 s old");
  assert.equal(ageText("quiet", 125, 0), "for 2 min");
  assert.equal(ageText("late", 1, 40), "by 40 s");
  assert.equal(ageText("lost", 8, 0), "data 8 s old");
});
