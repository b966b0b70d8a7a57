// Where symbols stood a minute ago, or a minute before the second of the past that is shown.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { PastRanks } from "../../../../watch/page/boards/rows/past-ranks.js";
import { giveBack, takeRequests } from "./requests.js";

/** @import { Request } from "./requests.js" */

const SECOND = Date.parse("2026-11-20T14:31:07Z");

/** @type {Request[]} */
let requests = [];
let now = 0;
/** @type {number | null} */
let at = null;

beforeEach(() => {
  requests = takeRequests();
  now = 0;
  at = null;
  Object.assign(globalThis, { document: { hidden: false } });
  mock.timers.enable({ apis: ["setInterval"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  mock.reset();
  mock.timers.reset();
  Reflect.deleteProperty(globalThis, "document");
  giveBack();
});

/** @param {number} seconds */
function pass(seconds) {
  for (let second = 0; second < seconds; second++) {
    now += 1_000;
    mock.timers.tick(1_000);
  }
}

function opened() {
  const ranks = new PastRanks("gainers", { canAsk: () => true, shownAt: () => at });
  ranks.open();
  return ranks;
}

const answer = (/** @type {Record<string, number>} */ ranks) => ({ published_at: SECOND, ranks });

test("the present is asked for every ten seconds", async () => {
  const ranks = opened();
  assert.equal(ranks.of("A"), undefined);
  await requests[0].answer(200, answer({ A: 2 }));
  assert.deepEqual([ranks.of("A"), ranks.of("B")], [2, null]);
  pass(9);
  assert.equal(requests.length, 1);
  pass(1);
  assert.equal(requests.length, 2);
  ranks.close();
  assert.equal(ranks.of("A"), undefined);
});

test("a second of the past is asked for once, as soon as the desk stays there", async () => {
  const ranks = opened();
  await requests[0].answer(200, answer({ A: 2 }));

  // When the desk goes through the past, then nobody knows
  for (const second of [2, 1, 0]) {
    at = SECOND + second * 1_000;
    assert.equal(ranks.of("A"), undefined);
    pass(1);
  }
  assert.equal(requests.length, 1);

  // And where it stays, it is known
  pass(1);
  assert.equal(requests[1].asked.get("at"), "2026-11-20T14:31:07.000Z");
  await requests[1].answer(503, { error: "too many queries" });
  pass(10);
  await requests[2].answer(200, answer({ A: 4 }));
  assert.equal(ranks.of("A"), 4);
  pass(30);
  assert.equal(requests.length, 3);

  // And live again, the present is
  at = null;
  assert.equal(ranks.of("A"), undefined);
  pass(1);
  assert.equal(requests[3].asked.get("at"), null);
});

test("a gateway that could not answer is asked soon, and one that is back at once", async () => {
  // Given a gateway that is about to stop
  let isThere = true;
  const ranks = new PastRanks("gainers", { canAsk: () => isThere, shownAt: () => at });
  ranks.open();
  await requests[0].answer(503, { error: "stopping" });

  // Then it is asked again after three seconds
  pass(2);
  assert.equal(requests.length, 1);
  pass(1);
  assert.equal(requests.length, 2);
  await requests[1].answer(200, answer({ A: 2 }));

  // And when it was away, as soon as it is back
  isThere = false;
  pass(1);
  isThere = true;
  pass(1);
  assert.equal(requests.length, 3);
  ranks.close();
});
