// Lines of the session are of the present only.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DeskTime } from "../../../../watch/page/past/desk-time.js";
import { Sparklines } from "../../../../watch/page/sparklines/sparklines.js";

test("in the past there are no lines, and they are back with the present", async () => {
  // Given a line that has come
  Object.assign(globalThis, {
    window: globalThis,
    fetch: async () => Response.json({ closes: { AAPL: [1, null, 2] } }),
  });
  const time = new DeskTime();
  const lines = new Sparklines(time, () => true);
  /** @type {(number[] | undefined)[]} */
  const drawn = [];
  const came = new Promise((done) => lines.watch(() => done(drawn.push(lines.of("AAPL")))));
  assert.equal(lines.of("AAPL"), undefined);
  await came;

  // When the desk shows the past, and the present again
  time.show(Date.parse("2026-11-20T14:31:07Z"));
  time.live();

  // Then it is drawn anew each time, without the line and with it
  assert.deepEqual(drawn, [[1, 2], undefined, [1, 2]]);
});
