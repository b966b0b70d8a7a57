// While the past plays, its seconds are read before they are due, as many as the server can answer.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { PastAhead } from "../../../../watch/page/store/past-ahead.js";
import { giveBack, takeRequests } from "./requests.js";

/** @import { Request } from "./requests.js" */

const START = Date.parse("2026-11-20T14:30:00Z");

/** @type {Request[]} */
let requests = [];
let now = 0;
let boards = ["gainers"];

beforeEach(() => {
  requests = takeRequests();
  now = 0;
  boards = ["gainers"];
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  mock.reset();
  mock.timers.reset();
  giveBack();
});

function ahead(speed = 10, last = 600) {
  const made = new PastAhead(() => ({ boards, symbols: [], want: {} }));
  made.start({ from: START, speed, end: () => START + last * 1_000 });
  return made;
}

/** @param {Request} request */
function run({ asked }) {
  const first = (Date.parse(asked.get("at") ?? "") - START) / 1_000;
  return { first, step: Number(asked.get("step")), count: Number(asked.get("count")) };
}

/**
 * Answer a request with all its seconds.
 *
 * @param {Request} request
 * @param {number} took milliseconds for each of them
 */
async function answer(request, took = 10) {
  const { first, step, count } = run(request);
  now += took * count;
  await request.answer(200, {
    seconds: Array.from({ length: count }, (_, n) => ({ at: START + (first + n * step) * 1_000, market: { boards: {} } })),
  });
}

test("seconds are read until enough of them wait", async () => {
  const made = ahead();
  assert.deepEqual(run(requests[0]), { first: 5, step: 5, count: 3 });
  await answer(requests[0]);
  assert.deepEqual(run(requests[1]), { first: 20, step: 5, count: 8 });
  await answer(requests[1]);
  assert.equal(requests.length, 2);

  // When some of them are shown, then others are read, and nothing is shown twice
  assert.equal(made.take(START + 12_000, START)?.at, START + 10_000);
  assert.equal(made.take(START + 12_000, START), null);
  assert.equal(made.take(START + 41_000, START)?.at, START + 40_000);
  assert.deepEqual(run(requests[2]), { first: 60, step: 5, count: 8 });
});

test("a slow server is asked for seconds that are farther from each other, and for many at once", async () => {
  const made = ahead();
  await answer(requests[0], 1_000);
  assert.deepEqual(run(requests[1]), { first: 28, step: 13, count: 5 });
  await answer(requests[1], 4_000);
  assert.deepEqual(run(requests[2]), { first: 100, step: 20, count: 12 });
  made.stop();
});

test("it ends with the last second", async () => {
  ahead(60, 70);
  assert.deepEqual(run(requests[0]), { first: 30, step: 30, count: 2 });
  await answer(requests[0]);
  assert.deepEqual(run(requests[1]), { first: 70, step: 10, count: 1 });
  await answer(requests[1]);
  assert.equal(requests.length, 2);
});

test("what cannot be answered now is asked for again, and of what is not known it is said why", async () => {
  const made = ahead(1);
  await requests[0].answer(503, { error: "too many queries" }, { "Retry-After": "2" });
  assert.equal(requests.length, 1);
  mock.timers.tick(2_000);
  assert.deepEqual(run(requests[1]), run(requests[0]));
  await requests[1].answer(200, { seconds: [{ at: START + 1_000, market: null, unknown: "Nobody recorded." }] });
  assert.equal(made.take(START + 1_000, START)?.unknown, "Nobody recorded.");
});

test("what was read of something else is of no use", async () => {
  const made = ahead();
  await answer(requests[0]);
  boards = ["gainers", "losers"];
  assert.equal(made.take(START + 5_000, START), null);
  await answer(requests[1]);
  assert.deepEqual(run(requests[2]).first, 5);
  assert.equal(requests[2].asked.get("boards"), "gainers,losers");

  // And nothing is read any more once it is stopped
  made.stop();
  await answer(requests[2]);
  assert.equal(requests.length, 3);
  assert.ok(!made.hasNext);
});
