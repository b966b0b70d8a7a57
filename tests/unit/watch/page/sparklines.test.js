// Lines of the session are of now, or of the minute of the past at which the desk stays.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { DeskTime } from "../../../../watch/page/past/desk-time.js";
import { Sparklines } from "../../../../watch/page/sparklines/sparklines.js";
import { giveBack, takeRequests } from "./requests.js";

/** @import { Request } from "./requests.js" */

const SECOND = Date.parse("2026-11-20T14:31:07Z");

/** @type {Request[]} */
let requests = [];
let now = 0;

beforeEach(() => {
  requests = takeRequests();
  now = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  mock.reset();
  mock.timers.reset();
  giveBack();
});

/** @param {number} milliseconds */
function pass(milliseconds) {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}

test("lines are of what the desk shows, once it stays there", async () => {
  // Given a line that has come
  const time = new DeskTime();
  const lines = new Sparklines(time, () => true);
  assert.equal(lines.of("AAPL"), undefined);
  pass(300);
  assert.equal(requests[0].asked.get("at"), null);
  await requests[0].answer(200, { closes: { AAPL: [1, null, 2] } });
  assert.deepEqual(lines.of("AAPL"), [1, 2]);

  // When the desk goes through the past, then nothing is asked for, and no line of now is shown
  for (const minutes of [2, 1, 0]) {
    time.show(SECOND + minutes * 60_000);
    assert.equal(lines.of("AAPL"), undefined);
    pass(500);
  }
  assert.equal(requests.length, 1);

  // And once it stays there, also while it plays on within the minute, the line of then is
  time.show(SECOND + 2_000);
  pass(1_000);
  assert.equal(lines.of("AAPL"), undefined);
  pass(300);
  assert.equal(requests[1].asked.get("at"), "2026-11-20T14:31:09.000Z");
  await requests[1].answer(200, { closes: { AAPL: [1] } });
  assert.deepEqual(lines.of("AAPL"), [1]);

  // And what comes too late is not shown
  time.show(SECOND + 600_000);
  pass(1_500);
  lines.of("AAPL");
  pass(300);
  time.live();
  await requests[2].answer(200, { closes: { AAPL: [3] } });
  assert.equal(lines.of("AAPL"), undefined);
});

test("lines that could not be answered are asked for soon, and all of them once the gateway is back", async () => {
  // Given a gateway that is about to stop
  const lines = new Sparklines(new DeskTime(), () => true);
  lines.of("AAPL");
  pass(300);
  await requests[0].answer(503, { error: "stopping" });

  // Then it is asked again after five seconds, not at once
  pass(4_000);
  lines.of("AAPL");
  pass(300);
  assert.equal(requests.length, 1);
  pass(1_000);
  lines.of("AAPL");
  pass(300);
  await requests[1].answer(200, { closes: { AAPL: [1] } });
  assert.deepEqual(lines.of("AAPL"), [1]);

  // When it was away, then fresh lines too are asked for once it is back, and shown meanwhile
  lines.watch(() => lines.of("AAPL"));
  lines.refresh();
  assert.deepEqual(lines.of("AAPL"), [1]);
  pass(300);
  assert.equal(requests.length, 3);
});
