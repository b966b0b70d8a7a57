// The past is asked for one second at a time, and the newest that is wanted wins.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { PastSource, readMoment } from "../../../../watch/page/store/past-source.js";
import { giveBack, takeRequests } from "./requests.js";

/** @import { Request } from "./requests.js" */

const SECOND = Date.parse("2026-11-20T14:31:07Z");

/** @type {Request[]} */
let requests = [];

beforeEach(() => {
  requests = takeRequests();
});

afterEach(giveBack);

/** @param {number} at */
function wanted(at) {
  return { at, boards: ["gainers", "losers"], symbols: ["AAPL"], want: { fields: ["close"], limit: 50 } };
}

function source() {
  /** @type {(number | string)[]} */
  const came = [];
  const made = new PastSource({ onMoment: ({ at }) => came.push(at), onFailure: (_, reason) => came.push(reason) });
  return { made, came };
}

test("while one is asked for, only the newest of the others waits", async () => {
  // Given somebody who drags a slider over three seconds
  const { made, came } = source();
  for (const step of [0, 1_000, 2_000]) made.ask(wanted(SECOND + step));

  // Then the first is asked for, and once it has come the last
  assert.equal(requests.length, 1);
  assert.deepEqual(Object.fromEntries(requests[0].asked), {
    at: "2026-11-20T14:31:07.000Z",
    boards: "gainers,losers",
    symbols: "AAPL",
    fields: "close",
    limit: "50",
  });
  await requests[0].answer(200, {});
  assert.equal(requests.length, 2);
  await requests[1].answer(200, {});
  assert.deepEqual(came, [SECOND, SECOND + 2_000]);
});

test("what is not wanted any more is not shown", async () => {
  const { made, came } = source();
  made.ask(wanted(SECOND));
  made.ask(null);
  await requests[0].answer(200, {});
  assert.deepEqual(came, []);
});

test("a second of which there is no answer now is asked for again, and one that is not known is not", async () => {
  const { made, came } = source();
  made.ask(wanted(SECOND));
  await requests[0].answer(503, { error: "not stored yet" }, { "Retry-After": "0.01" });
  while (requests.length < 2) await new Promise((done) => setTimeout(done, 5));
  await requests[1].answer(504, { error: "a proxy waited in vain" }, { "Retry-After": "0.01" });
  while (requests.length < 3) await new Promise((done) => setTimeout(done, 5));
  await requests[2].answer(404, { error: "nothing is recorded" });
  assert.deepEqual(came, ["nothing is recorded"]);
});

test("of an answer only what is valid is shown", () => {
  const answer = {
    published_at: SECOND + 3,
    session: { day: "2026-11-20", phase: "regular" },
    newest_bar: SECOND,
    boards: { gainers: [{ rank: 1, symbol: "AAPL", close: 12.5 }] },
    unknown: { losers: "No screen was published then." },
    quotes: { AAPL: { symbol: "AAPL", close: 12.5 } },
  };
  const moment = readMoment(wanted(SECOND), answer);
  assert.equal(moment.day, "2026-11-20");
  assert.equal(moment.boards.get("gainers")?.[0].symbol, "AAPL");
  assert.deepEqual(moment.boards.get("losers"), []);
  assert.equal(moment.quotes.get("AAPL")?.close, 12.5);

  const nothing = readMoment(wanted(SECOND), { boards: { gainers: "junk" }, newest_bar: "now", session: 4 });
  assert.deepEqual([nothing.day, nothing.newestBar, nothing.publishedAt], [null, null, SECOND]);
  assert.deepEqual([nothing.boards.get("gainers"), nothing.quotes.get("AAPL")], [[], null]);
});
