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

/** What is read ahead by hand: all seconds, unless `upTo` says less. */
class Ahead {
  upTo = Infinity;
  step = 1_000;
  #last = 0;

  /** @param {{ from: number }} playing */
  start({ from }) {
    this.#last = from;
  }

  stop() {}

  get hasNext() {
    return this.#last + this.step <= this.upTo;
  }

  /** @param {number} at */
  take(at) {
    const next = this.#last + Math.floor((Math.min(at, this.upTo) - this.#last) / this.step) * this.step;
    if (next <= this.#last) return null;
    this.#last = next;
    return { at: next, moment: null, unknown: "" };
  }
}

function playing() {
  const time = new DeskTime();
  const ahead = new Ahead();
  /** @type {{ ended: number, paces: (number | null)[] }} */
  const state = { ended: 0, paces: [] };
  const player = new Player(time, {
    ahead,
    end: () => START + 600_000,
    onSecond: ({ at }) => assert.notEqual(at, time.at),
    onChange: (hasEnded) => {
      state.ended += Number(hasEnded);
    },
    onPace: (pace) => state.paces.push(pace),
  });
  time.show(START);
  return { time, ahead, state, player };
}

/** @param {DeskTime} time */
const seconds = (time) => (Number(time.at) - START) / 1_000;

test("it moves on as fast as time passed, or ten or sixty times", () => {
  const { time, state, player } = playing();
  player.play();
  mock.timers.tick(3_000);
  assert.equal(seconds(time), 3);
  player.speed = 10;
  mock.timers.tick(2_000);
  assert.equal(seconds(time), 23);
  player.speed = 60;
  mock.timers.tick(7_000);
  assert.equal(seconds(time), 443);
  player.pause();
  mock.timers.tick(5_000);
  assert.equal(seconds(time), 443);
  assert.ok(state.paces.every((pace) => pace === null));
});

test("it waits for what has not come, and then goes on from there", () => {
  // Given that what comes next is long in coming
  const { time, ahead, player } = playing();
  ahead.upTo = START + 2_000;
  player.play();
  mock.timers.tick(60_000);
  assert.equal(seconds(time), 2);

  // When it comes, then it is shown at once, and nothing is left out
  ahead.upTo = Infinity;
  mock.timers.tick(600);
  assert.equal(seconds(time), 3);
  mock.timers.tick(10_000);
  assert.equal(seconds(time), 13);
});

test("it says how fast it really plays", () => {
  // Given a server that answers with twenty seconds in five
  const { ahead, state, player } = playing();
  player.speed = 10;
  ahead.upTo = START;
  player.play();
  for (let second = 0; second < 20; second++) {
    ahead.upTo += 4_000;
    mock.timers.tick(1_000);
  }
  assert.equal(Math.round(Number(state.paces.at(-1))), 4);

  // When it is faster, then nothing is said any more
  ahead.upTo = Infinity;
  mock.timers.tick(10_000);
  assert.equal(state.paces.at(-1), null);
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
