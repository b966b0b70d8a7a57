// Playing the past.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { DeskTime } from "../../../../watch/page/past/desk-time.js";
import { Player } from "../../../../watch/page/past/player.js";

const START = Date.parse("2026-11-20T14:30:00Z");

beforeEach(() => {
  // The clock of performance.now() is not one of those that node can stop.
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
  mock.method(performance, "now", () => Date.now());
  Object.assign(globalThis, { window: globalThis });
});

afterEach(() => {
  mock.reset();
  mock.timers.reset();
  Reflect.deleteProperty(globalThis, "window");
});

function playing() {
  const time = new DeskTime();
  const state = { isReady: true, ended: 0 };
  const player = new Player(time, {
    isReady: () => state.isReady,
    end: () => START + 600_000,
    onChange: (hasEnded) => {
      state.ended += Number(hasEnded);
    },
  });
  time.show(START);
  return { time, state, player };
}

/** @param {DeskTime} time */
const seconds = (time) => (Number(time.at) - START) / 1_000;

test("it moves on as fast as time passed, or ten or sixty times", () => {
  const { time, player } = playing();
  player.play();
  mock.timers.tick(3_000);
  assert.equal(seconds(time), 3);
  player.speed = 10;
  mock.timers.tick(2_000);
  assert.equal(seconds(time), 23);
  player.speed = 60;
  mock.timers.tick(1_000);
  assert.equal(seconds(time), 83);
  player.pause();
  mock.timers.tick(5_000);
  assert.equal(seconds(time), 83);
});

test("it waits for what is not shown yet, and then is where it would have been", () => {
  const { time, state, player } = playing();
  player.play();
  state.isReady = false;
  mock.timers.tick(5_000);
  assert.equal(seconds(time), 0);
  state.isReady = true;
  mock.timers.tick(1_000);
  assert.equal(seconds(time), 6);
});

test("it goes on from wherever the user goes", () => {
  const { time, player } = playing();
  player.play();
  mock.timers.tick(1_000);
  time.show(START + 100_000);
  mock.timers.tick(2_000);
  assert.equal(seconds(time), 102);
});

test("it stops at the end, and in the present", () => {
  const { time, state, player } = playing();
  player.speed = 60;
  player.play();
  mock.timers.tick(60_000);
  assert.deepEqual([seconds(time), player.isPlaying, state.ended], [600, false, 1]);

  time.show(START);
  player.play();
  time.live();
  assert.deepEqual([player.isPlaying, state.ended], [false, 1]);
  player.play();
  assert.ok(!player.isPlaying);
});
