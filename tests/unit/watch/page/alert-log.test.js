// Which alerts are listed.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { AlertLog, MOST_ALERTS, RECENT_MS, merged } from "../../../../watch/page/alerts/alert-log.js";

const NOW = Date.parse("2026-11-20T14:31:07Z");

/** What the gateway answers. @type {object[]} */
let stored = [];

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"], now: NOW });
  stored = [];
  Object.assign(globalThis, {
    window: globalThis,
    /** @param {string} path */
    fetch: async (path) => Response.json(path.includes("rules") ? { rules: [] } : { alerts: stored }),
  });
});
afterEach(() => {
  mock.timers.reset();
  Reflect.deleteProperty(globalThis, "window");
});

/** @param {number} at */
const alert = (at, symbol = "A") => ({ id: `r:${symbol}:${at}`, rule: "r", symbol, at, text: `${symbol} 1.00`, row: {} });

test("alerts are listed once, the newest first", () => {
  const all = merged([alert(3), alert(1)], [alert(2), alert(3), alert(3, "B")]);
  assert.deepEqual(
    all.map(({ id }) => id),
    ["r:A:3", "r:B:3", "r:A:2", "r:A:1"],
  );
});

test("the oldest alerts give way", () => {
  const many = Array.from({ length: MOST_ALERTS }, (_, n) => alert(n));
  const all = merged(many, [alert(MOST_ALERTS)]);
  assert.equal(all.length, MOST_ALERTS);
  assert.equal(all.at(-1)?.at, 1);
});

/** A log of a desk at some second, whose connection comes and goes, and what the user was called for. */
function log({ at = /** @type {number | null} */ (null) } = {}) {
  /** @type {string[][]} */
  const called = [];
  let onConnection = () => {};
  /** @type {(each: any) => void} */
  let onAlert = () => {};
  const connection = { state: "connecting" };
  const store = {
    connection,
    alerts: (/** @type {any} */ listener) => void (onAlert = listener),
    onConnection: (/** @type {any} */ listener) => void (onConnection = listener),
  };
  const parts = /** @type {any} */ ({ store, time: { at, isLive: at === null, watch: () => {} } });
  new AlertLog(parts, { onChange: () => {}, onFired: (alerts) => void called.push(alerts.map(({ id }) => id)) });
  const become = async (/** @type {string} */ state) => {
    connection.state = state;
    onConnection();
    await new Promise((done) => setImmediate(done));
  };
  return { called, become, fire: (/** @type {any} */ each) => onAlert(each) };
}

test("what fired before the page was opened calls nobody", async () => {
  stored = [alert(NOW - 1)];
  const { called, become } = log();
  await become("open");
  assert.deepEqual(called, []);
});

test("what fired within the last minute of a lost connection calls once", async () => {
  // Given a page that knows an alert, and loses its connection
  const { called, become, fire } = log();
  await become("open");
  fire(alert(NOW - 9, "KNOWN"));
  await become("waiting");

  // When it is connected again, then it calls once for what is new and recent, the newest first
  stored = [alert(NOW - 9, "KNOWN"), alert(NOW - RECENT_MS), alert(NOW - 2), alert(NOW - 1)];
  await become("open");
  assert.deepEqual(called.slice(1), [[`r:A:${NOW - 1}`, `r:A:${NOW - 2}`]]);
});

test("a desk in the past is not called for what it missed", async () => {
  const { called, become } = log({ at: NOW - 5 });
  await become("open");
  await become("waiting");
  stored = [alert(NOW - 6)];
  await become("open");
  assert.deepEqual(called, []);
});
