// What the page says of its data.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Calendar } from "../../../../watch/page/status/calendar.js";
import { connectionState } from "../../../../watch/page/status/connection-state.js";
import { FRIDAY, MONDAY, at } from "./trading-days.js";

/** @import { Known } from "../../../../watch/page/status/connection-state.js" */

const calendar = new Calendar();
calendar.set([FRIDAY, MONDAY]);
const STILL = { part: "clock", words: "Boards stand still", cause: "Nobody publishes", grace: 0 };

/** @param {Partial<Known>} known what differs from a live page */
function said(known) {
  const time = at("10:00:00");
  /** @type {Known} */
  const live = {
    connection: "open",
    retryAt: 0,
    wasLost: false,
    problem: null,
    isStarting: false,
    isEmpty: false,
    age: 1,
    hasStatus: true,
    market: calendar.at(known.time ?? time),
    time,
    silence: 1,
    isHalted: false,
    behind: 0,
    past: null,
    loading: "",
    now: 1_000,
  };
  const { state, words, age } = connectionState({ ...live, ...known });
  return [`${state}: ${words}`, age].filter(Boolean).join(" ");
}

test("a page that gets snapshots is live", () => {
  assert.equal(said({}), "live: Live 1.0 s ago");
  assert.equal(said({ age: 5 }), "live: Live data 5 s old");
});

test("a page is connecting until it knows how old its data is", () => {
  assert.equal(said({ connection: "connecting" }), "connecting: Connecting");
  assert.equal(said({ age: null, hasStatus: false }), "connecting: Connecting");
  assert.equal(said({ age: null }), "live: Live");
});

test("a lost connection is shown until it is open again", () => {
  const waiting = /** @type {const} */ ({ connection: "waiting", retryAt: 3_500, age: 8 });
  assert.equal(said(waiting), "lost: Disconnected, next try in 3 s data 8 s old");
  assert.equal(said({ ...waiting, now: 9_000 }), "lost: Disconnected, connecting data 8 s old");
  assert.equal(said({ connection: "connecting", wasLost: true, age: null }), "lost: Disconnected, connecting");
  assert.equal(said({ wasLost: true }), "live: Live 1.0 s ago");
});

test("a missing key comes before all else", () => {
  assert.equal(said({ connection: "unauthorized", problem: STILL, age: null }), "locked: API key needed");
});

test("a problem of the server comes before silence and late bars", () => {
  const expected = "unwell: Boards stand still data 60 s old";
  assert.equal(said({ problem: STILL, age: 60, behind: 60, isHalted: true }), expected);
  assert.equal(said({ problem: STILL, age: null, hasStatus: false }), "unwell: Boards stand still");
});

test("a system that has just been started is no trouble", () => {
  const empty = { isEmpty: true, age: null };
  assert.equal(said({ ...empty, isStarting: true, problem: STILL }), "starting: Starting");
  assert.equal(said({ ...empty, problem: STILL }), "unwell: Boards stand still");
  assert.equal(said(empty), "starting: Waiting for bars");
  assert.equal(said({ ...empty, time: at("18:00:00") }), "closed: Closed until Monday 04:00 ET");
});

test("silence is a feed that has stopped in session, and nothing when the market is closed", () => {
  const silent = { silence: 21.4, isHalted: true, age: 21.4 };
  assert.equal(said(silent), "halted: No bars for 21 s");
  assert.equal(said({ ...silent, behind: 60 }), "halted: No bars for 21 s");
  assert.equal(said({ ...silent, time: at("18:00:00") }), "closed: Closed until Monday 04:00 ET");
});

test("bars that end long ago are late", () => {
  assert.equal(said({ behind: 16 }), "late: Data delayed by 16 s");
  assert.equal(said({ behind: 15 }), "live: Live 1.0 s ago");
});

test("the past is no trouble of the present", () => {
  assert.equal(said({ past: 7_500, isHalted: true, problem: STILL }), "past: Past 2 h ago");
  assert.equal(said({ past: 7_500, connection: "connecting", wasLost: true, age: null }), "lost: Disconnected, connecting");
});
