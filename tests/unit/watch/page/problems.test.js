// What is wrong on the server's side.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problems } from "../../../../watch/page/status/problems.js";

/** @param {string[]} unwell parts */
function health(...unwell) {
  const parts = ["redis", "subscription", "clock", "queue", "snapshot"];
  return { parts: Object.fromEntries(parts.map((part) => [part, { ok: !unwell.includes(part) }])) };
}

test("a cause is shown before its effects", () => {
  const problems = new Problems();
  problems.see(health("snapshot", "clock", "redis"), 0);
  assert.equal(problems.current(0)?.cause, "The gateway has lost Redis");
});

test("what lasts no longer than a recovery takes is not shown", () => {
  // Given a Redis that was away
  const problems = new Problems();
  problems.see(health("redis", "clock", "snapshot"), 0);

  // When it is back, and the next second is not published yet
  problems.see(health("snapshot"), 60_000);

  // Then nothing is shown
  assert.equal(problems.current(60_000), null);
  assert.equal(problems.current(62_999), null);

  // And what goes on is
  problems.see(health("snapshot"), 63_000);
  assert.equal(problems.current(63_000)?.words, "Data delayed");
  problems.see(health(), 64_000);
  assert.equal(problems.current(64_000), null);
});

test("an answer that is no health has no problem", () => {
  const problems = new Problems();
  problems.see({ error: "x" }, 0);
  assert.equal(problems.newest, null);
});
