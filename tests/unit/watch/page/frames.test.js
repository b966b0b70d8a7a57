// What is done in a frame, and what waits for the next ones.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Frames } from "../../../../watch/page/store/frames.js";

let now = 0;
/** @type {(() => void)[]} */
let callbacks = [];
let scroll = () => {};
/** @type {string[]} */
let done = [];

beforeEach(() => {
  now = 1_000;
  callbacks = [];
  done = [];
  mock.method(performance, "now", () => now);
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, {
    window: globalThis,
    document: { addEventListener: (/** @type {string} */ _, /** @type {() => void} */ listener) => (scroll = listener) },
    requestAnimationFrame: (/** @type {() => void} */ callback) => callbacks.push(callback),
  });
});

afterEach(() => {
  mock.timers.reset();
  mock.reset();
  Reflect.deleteProperty(globalThis, "window");
  Reflect.deleteProperty(globalThis, "document");
  Reflect.deleteProperty(globalThis, "requestAnimationFrame");
});

/** Wait until what comes with a tick is gathered. */
function gather() {
  now += 100;
  mock.timers.tick(100);
}

/** @returns {string[]} what was done in the next frame */
function frame() {
  now += 16;
  done = [];
  for (const callback of callbacks.splice(0)) callback();
  return done;
}

/**
 * @param {string} name
 * @param {number} [milliseconds] that it takes
 */
function job(name, milliseconds = 0) {
  return () => {
    now += milliseconds;
    done.push(name);
  };
}

test("a frame has time for short jobs, and others wait for the next", () => {
  // Given jobs, of which the second takes long
  const frames = new Frames();
  frames.add({}, job("short"));
  frames.add({}, job("long", 40));
  frames.add({}, job("last"));

  // Then what comes after it is done in the next frame
  assert.deepEqual(frame(), ["short", "long"]);
  assert.deepEqual(frame(), ["last"]);
  assert.deepEqual(callbacks, []);
});

test("who waits already keeps the place, with the newest job", () => {
  const frames = new Frames();
  const board = {};
  frames.add(board, job("old"));
  frames.add({}, job("other"));
  frames.add(board, job("new"));
  assert.deepEqual(frame(), ["new", "other"]);
});

test("what may wait is done with what comes a moment later", () => {
  // Given a feed, and one that comes a little later
  const frames = new Frames();
  frames.add({}, job("volume"), { mayWait: true });
  assert.deepEqual(frame(), []);
  frames.add({}, job("gappers"), { mayWait: true });
  gather();

  // Then both are done together, and nothing is left
  assert.deepEqual(frame(), ["volume", "gappers"]);
  assert.deepEqual(frame(), []);
});

test("what waits is done with the first job that may not", () => {
  const frames = new Frames();
  frames.add({}, job("volume"), { mayWait: true });
  frames.add({}, job("past"));
  assert.deepEqual(frame(), ["volume", "past"]);
});

test("what waits is done at once when the page is scrolled", () => {
  const frames = new Frames();
  frames.add({}, job("volume"), { mayWait: true });
  scroll();
  assert.deepEqual(frame(), ["volume"]);
});

test("while the page is scrolled each frame does one thing, rows in view first", () => {
  // Given two feeds that wait, and rows that have been scrolled into view
  const frames = new Frames();
  frames.add({}, job("volume"));
  frames.add({}, job("gappers"));
  scroll();
  frames.add({}, job("rows"), { isFirst: true });

  // Then the rows come first, and the others one by one
  assert.equal(frames.isScrolling, true);
  assert.deepEqual([frame(), frame(), frame()], [["rows"], ["volume"], ["gappers"]]);
});

test("a scroll that goes on and on does not keep feeds waiting for ever", () => {
  // Given a feed that waits while rows come into view in each frame
  const frames = new Frames();
  frames.add({}, job("feed"));
  const order = Array.from({ length: 40 }, () => {
    scroll();
    frames.add(frames, job("rows"), { isFirst: true });
    return frame()[0];
  });

  // Then it takes its turn once it has waited for a quarter of a second, between two of theirs
  const turn = order.indexOf("feed");
  assert.ok(turn > 10 && turn < 20, `${turn}`);
  assert.equal(order.filter((each) => each === "rows").length, 39);
});

test("the frame after a job that draws later is left to it, while the page is scrolled", () => {
  const frames = new Frames();
  scroll();
  frames.add({}, job("candles"), { drawsLater: true });
  frames.add({}, job("board"));
  assert.deepEqual([frame(), frame(), frame()], [["candles"], [], ["board"]]);
});

test("once scrolling is over, all is done in one frame again", () => {
  const frames = new Frames();
  scroll();
  now += 400;
  frames.add({}, job("volume"));
  frames.add({}, job("gappers"));
  assert.equal(frames.isScrolling, false);
  assert.deepEqual(frame(), ["volume", "gappers"]);
});
