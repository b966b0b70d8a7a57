// Which alerts are listed.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { AlertLog, MOST_ALERTS, MOST_EARLIER, RECENT_MS, merged } from "../../../../watch/page/alerts/alert-log.js";

const NOW = Date.parse("2026-11-20T14:31:07Z");

/** What the gateway knows, newest first. @type {ReturnType<typeof alert>[]} */
let stored = [];
/** From when on it knows all. @type {number | null} */
let completeSince = null;

/** @param {string} path */
function answer(path) {
  if (path.includes("rules")) return { rules: [] };
  const query = new URL(path, "http://gateway").searchParams;
  const until = Date.parse(query.get("until") ?? "2100-01-01");
  const alerts = stored.filter(({ at }) => at <= until).slice(0, Number(query.get("limit")));
  return { alerts, complete_since: completeSince };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"], now: NOW });
  stored = [];
  completeSince = null;
  Object.assign(globalThis, {
    window: globalThis,
    /** @param {string} path */
    fetch: async (path) => Response.json(answer(path)),
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
function log({ at = /** @type {number | null} */ (null), serverTime = NOW } = {}) {
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
  const clock = { isReplay: false, marketTime: null, serverTime };
  const parts = /** @type {any} */ ({ store, clock, time: { at, isLive: at === null, watch: () => {} } });
  const alerts = new AlertLog(parts, { onChange: () => {}, onFired: (fired) => void called.push(fired.map(({ id }) => id)) });
  const become = async (/** @type {string} */ state) => {
    connection.state = state;
    onConnection();
    await new Promise((done) => setImmediate(done));
  };
  return { alerts, called, become, fire: (/** @type {any} */ each) => onAlert(each) };
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
  stored = [alert(NOW - 1), alert(NOW - 2), alert(NOW - 9, "KNOWN"), alert(NOW - RECENT_MS)];
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

test("what is recent is so by the server's clock", async () => {
  const { called, become } = log({ serverTime: NOW + 3_600_000 });
  await become("open");
  await become("waiting");
  stored = [alert(NOW + 3_600_000 - 1), alert(NOW)];
  await become("open");
  assert.deepEqual(called, [[`r:A:${NOW + 3_600_000 - 1}`]]);
});

test("earlier alerts are there for who asks for them", async () => {
  // Given a gateway that knows far more than the newest, of which a whole second's are as many as an answer has
  const second = Array.from({ length: MOST_EARLIER }, (_, n) => alert(NOW - 10, `S${n}`));
  stored = [...Array.from({ length: MOST_ALERTS - 1 }, (_, n) => alert(NOW - n / 100)), ...second, alert(NOW - 20), alert(NOW - 30)];
  completeSince = NOW - 40;
  const { alerts, become } = log();
  await become("open");
  assert.deepEqual([alerts.alerts.length, alerts.hasEarlier], [MOST_ALERTS, true]);

  // When they are asked for until there are none, then all are listed
  assert.equal((await alerts.earlier()).length, MOST_EARLIER - 1);
  assert.equal(alerts.hasEarlier, true);
  assert.equal((await alerts.earlier()).length, 2);
  assert.deepEqual(alerts.alerts.map(({ id }) => id), stored.map(({ id }) => id));
  assert.deepEqual([alerts.hasEarlier, alerts.completeSince], [false, NOW - 40]);
});

test("after a long absence no alerts are missing between those that are listed", async () => {
  // Given a page that knows an alert, and is away while more fire than are asked for
  const { alerts, become, fire } = log();
  await become("open");
  fire(alert(NOW - 100_000));
  await become("waiting");
  stored = Array.from({ length: MOST_ALERTS + 50 }, (_, n) => alert(NOW - n));

  // When it is back, then the newest are listed, and earlier ones are to be had
  await become("open");
  assert.equal(alerts.alerts.at(-1)?.at, NOW - MOST_ALERTS + 1);
  assert.equal(alerts.hasEarlier, true);
});
