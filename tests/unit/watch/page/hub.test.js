// Many followers, one WebSocket.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Hub } from "../../../../watch/page/store/hub/hub.js";
import { FakeSocket, connected, sockets } from "./websockets.js";

const BOARD = "scanners:top_volume";

/** Whether the gateway answers probes. */
let isThere = false;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(globalThis, "fetch", async () => {
    if (!isThere) throw new TypeError("nobody is there");
  });
  Object.assign(globalThis, { WebSocket: FakeSocket });
  sockets.length = 0;
  isThere = false;
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** A follower, and all that it was sent. */
function follower() {
  /** @type {any[]} */
  const got = [];
  return { got, receive: (/** @type {any} */ message) => void got.push(message) };
}

/** Let the hub ask what it has to ask. */
function settle() {
  mock.timers.tick(1);
}

/** Let promises come to their ends. */
async function turn() {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

test("the gateway is asked where the page is, also behind a proxy with a path of its own", () => {
  new Hub(null).join(follower().receive);
  assert.match(sockets[0].address.pathname, /\/watch\/page\/ws$/);
});

test("a feed is asked for once, with all that its followers want", () => {
  // Given a hub with two followers
  const [hub, first, second] = [new Hub(null), follower(), follower()];
  hub.join(first.receive);
  hub.join(second.receive);
  const socket = connected();

  // When both follow a board
  hub.request(first.receive, { action: "follow", feed: BOARD, want: { fields: ["close"], limit: 50 } });
  hub.request(second.receive, { action: "follow", feed: BOARD, want: { fields: ["close", "volume"], limit: 100 } });
  settle();

  // Then it is asked for once, and what comes goes to both
  const wanted = { fields: ["close", "volume"], limit: 100 };
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: BOARD, mode: "delta", ...wanted }]);
  socket.say({ status: "subscribed", feed: BOARD });
  socket.say({ feed: BOARD, seq: 1, rows: [] });
  for (const { got } of [first, second]) assert.equal(JSON.parse(got.at(-1).text).seq, 1);

  // And when one wants it no more, less is asked for, and in the end nothing
  hub.request(second.receive, { action: "unfollow", feed: BOARD });
  settle();
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: BOARD, mode: "delta", fields: ["close"], limit: 50 }]);
  hub.leave(first.receive);
  settle();
  assert.deepEqual(socket.take(), [{ action: "unsubscribe", feed: BOARD }]);
});

test("who comes later is sent the whole of a board", () => {
  const [hub, first, second] = [new Hub(null), follower(), follower()];
  hub.join(first.receive);
  hub.join(second.receive);
  const socket = connected();
  hub.request(first.receive, { action: "follow", feed: BOARD, want: {} });
  settle();
  const asked = socket.take();

  // When another follows it, then it is asked for again, which brings the whole
  hub.request(second.receive, { action: "follow", feed: BOARD, want: {} });
  settle();
  assert.deepEqual(socket.take(), asked);

  // And so it is for one that leaves and comes back in between
  hub.request(second.receive, { action: "unfollow", feed: BOARD });
  hub.request(second.receive, { action: "follow", feed: BOARD, want: {} });
  settle();
  assert.deepEqual(socket.take(), asked);
});

test("of a quote, who comes later is sent the newest", () => {
  const [hub, first, second] = [new Hub(null), follower(), follower()];
  hub.join(first.receive);
  hub.join(second.receive);
  const socket = connected();
  hub.request(first.receive, { action: "follow", feed: "quote:A", want: {} });
  settle();
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: "quote:A" }, { action: "get", cache: "quote:A" }]);

  // When one is published before the stored one comes, then that is newer
  socket.say({ status: "subscribed", feed: "quote:A" });
  socket.say({ feed: "quote:A", data: { symbol: "A", close: 2 } });
  socket.say({ cache: "quote:A", data: { symbol: "A", close: 1 } });
  assert.deepEqual(first.got.filter(({ text }) => text).map(({ text }) => JSON.parse(text).data.close), [2]);

  // And another follower has it at once
  hub.request(second.receive, { action: "follow", feed: "quote:A", want: {} });
  assert.equal(JSON.parse(second.got.at(-1).text).data.close, 2);
  settle();
  assert.deepEqual(socket.take(), []);
});

test("a board that is refused is asked for again", () => {
  const [hub, { got, receive }] = [new Hub(null), follower()];
  hub.join(receive);
  const socket = connected();
  hub.request(receive, { action: "follow", feed: "scanners:gone", want: {} });
  settle();
  socket.take();

  socket.say({ status: "error", message: "no such screen" });
  assert.deepEqual(got.at(-1), { feed: "scanners:gone", refused: "no such screen" });
  mock.timers.tick(2_000);
  settle();
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: "scanners:gone", mode: "delta" }]);
});

test("where a choice of fields and rows is refused, the whole board is followed", () => {
  const [hub, { got, receive }] = [new Hub(null), follower()];
  hub.join(receive);
  const socket = connected();
  hub.request(receive, { action: "follow", feed: BOARD, want: { fields: ["close"], limit: 50 } });
  settle();
  socket.take();

  // When the gateway has no room for the choice, then it is asked for the whole, and nobody hears of it
  socket.say({ status: "error", message: "too many choices" });
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: BOARD, mode: "delta" }]);
  socket.say({ status: "subscribed", feed: BOARD });
  assert.ok(got.every((message) => !("refused" in message)));

  // And another choice is asked for; if there is no such board at all, the follower hears of it
  hub.request(receive, { action: "follow", feed: BOARD, want: { fields: ["close", "volume"] } });
  settle();
  assert.deepEqual(socket.take(), [{ action: "subscribe", feed: BOARD, mode: "delta", fields: ["close", "volume"] }]);
  socket.say({ status: "error", message: "no such screen" });
  socket.say({ status: "error", message: "no such screen" });
  assert.deepEqual(got.at(-1), { feed: BOARD, refused: "no such screen" });
});

test("after a lost connection the gateway is probed, and all feeds are asked for again", async () => {
  // Given a follower of a board, whose gateway goes
  const [hub, { got, receive }] = [new Hub(null), follower()];
  hub.join(receive);
  hub.request(receive, { action: "follow", feed: BOARD, want: {} });
  settle();
  const socket = connected();
  settle();
  const asked = socket.take();
  socket.lose();
  assert.equal(got.at(-1).state, "waiting");

  // When it does not answer for a while, then no WebSocket is opened, and it is asked again and again
  for (let i = 0; i < 50; i += 1) {
    mock.timers.tick(1_000);
    await turn();
  }
  assert.equal(sockets.length, 1);
  assert.ok(got.every(({ retryIn = 0 }) => retryIn <= 1_000));

  // And when it is back, it is found within a second, and asked for the board
  isThere = true;
  mock.timers.tick(1_000);
  await turn();
  assert.equal(sockets.length, 2);
  const next = connected();
  settle();
  assert.deepEqual(next.take(), asked);
  assert.equal(got.at(-1).state, "open");
});

test("a gateway that answers probes and no WebSocket is not asked all the time", async () => {
  const [hub, { receive }] = [new Hub(null), follower()];
  hub.join(receive);
  isThere = true;
  for (let second = 0; second < 60; second += 1) {
    if (sockets.at(-1)?.readyState === 0) sockets.at(-1)?.lose();
    mock.timers.tick(1_000);
    await turn();
  }
  assert.ok(sockets.length < 12, `${sockets.length} sockets`);
});

test("a connection on which nothing is answered is given up", () => {
  const [hub, { got, receive }] = [new Hub(null), follower()];
  hub.join(receive);
  const socket = connected();

  // When nothing comes for a while, then the gateway is asked; an answer is enough
  mock.timers.tick(10_000);
  assert.deepEqual(socket.take(), [{ action: "hello", envelope: true }]);
  socket.say({ status: "hello", envelope: true });
  assert.equal(got.at(-1).state, "open");

  // And without one it is lost
  mock.timers.tick(10_000);
  mock.timers.tick(5_000);
  assert.equal(got.at(-1).state, "waiting");
});

test("a key is sent first, and a wrong one is not tried again", () => {
  const [hub, { got, receive }] = [new Hub("wrong"), follower()];
  hub.join(receive);
  const [socket] = sockets;
  socket.accept();
  assert.deepEqual(socket.take()[0], { action: "auth", api_key: "wrong" });
  socket.say({ status: "invalid key" });
  assert.equal(got.at(-1).state, "unauthorized");
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1);
});
