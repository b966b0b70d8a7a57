// What is shown while another second of the past is awaited is never taken for it.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { BoardFeed } from "../../../../watch/page/store/board-feed.js";
import { PastFeeds } from "../../../../watch/page/store/past-feeds.js";
import { giveBack, takeRequests } from "./requests.js";

/** @import { BoardUpdate } from "../../../../watch/page/store/board-feed.js" */
/** @import { Request } from "./requests.js" */

const START = Date.parse("2026-11-20T14:30:00Z");

/** @type {Request[]} */
let requests = [];

beforeEach(() => {
  requests = takeRequests();
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => {
  mock.timers.reset();
  giveBack();
});

function following() {
  const feed = new BoardFeed("scanners:top_gainers");
  /** @type {BoardUpdate[]} */
  const updates = [];
  feed.listeners.add({ want: {}, onBoard: (update) => updates.push(update), onRefused: () => {} });
  const past = new PastFeeds(new Map([[feed.name, feed]]), {
    nameOf: () => "gainers",
    onShown: () => feed.deliver(),
  });
  return { past, updates };
}

/** @param {string} symbol */
const answer = (symbol) => ({ boards: { gainers: [{ rank: 1, symbol, close: 1 }] } });
const asked = () => new Promise((done) => queueMicrotask(() => done(undefined)));

test("the present is dimmed at once, and gone once the second is late", async () => {
  const { past, updates } = following();
  past.show(START);
  await asked();
  assert.deepEqual([past.isLoading, past.shownAt, past.unknown], [true, null, ""]);
  mock.timers.tick(1_000);
  assert.equal(past.unknown, "Loading \u2026");
  assert.deepEqual(updates.at(-1), { rows: [], unknown: "Loading \u2026" });

  await requests[0].answer(200, answer("A"));
  assert.deepEqual([past.isLoading, past.shownAt, past.unknown], [false, START, ""]);
  assert.equal(updates.at(-1)?.rows[0].symbol, "A");
});

test("another second is dimmed, and stays, until the one that is wanted has come", async () => {
  // Given a second that is shown, and two others that are wanted one after the other
  const { past, updates } = following();
  past.show(START);
  await asked();
  await requests[0].answer(200, answer("A"));
  past.show(START + 1_000);
  await asked();
  assert.ok(!past.isLoading);
  mock.timers.tick(300);
  assert.ok(past.isLoading);
  past.show(START + 2_000);
  await asked();

  // When the first of them comes, then it is shown, but it is not what is wanted
  await requests[1].answer(200, answer("B"));
  assert.deepEqual([past.isLoading, past.shownAt], [true, START + 1_000]);
  mock.timers.tick(1_000);
  assert.equal(past.unknown, "Loading \u2026");
  assert.equal(updates.at(-1)?.rows[0].symbol, "B");
  await requests[2].answer(404, { error: "nothing is recorded" });
  assert.deepEqual([past.isLoading, past.shownAt], [false, START + 2_000]);
  assert.deepEqual(updates.at(-1), { rows: [], unknown: "nothing is recorded" });

  // And live again nothing is awaited
  past.show(null);
  assert.deepEqual([past.isLoading, past.shownAt, past.unknown], [false, null, ""]);
});

test("what was read ahead is shown without being asked for", async () => {
  const { past } = following();
  past.show(START);
  await asked();
  await requests[0].answer(200, answer("A"));
  past.showRead({ at: START + 5_000, moment: null, unknown: "a gap" });
  past.show(START + 5_000);
  await asked();
  assert.deepEqual([past.isLoading, past.shownAt, past.unknown], [false, START + 5_000, "a gap"]);
  assert.equal(requests.length, 1);
});
