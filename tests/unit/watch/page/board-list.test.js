// The list of boards and screens, also before the gateway has answered.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { BoardList } from "../../../../watch/page/boards/panes/board-list.js";
import { board } from "./fields.js";

const [A, B, SCREEN] = ["a", "b", "screen"].map((name) => ({ ...board("pct_change"), name, feed: `scanners:${name}` }));
const { fetch } = globalThis;
afterEach(() => {
  globalThis.fetch = fetch;
});

test("a page that is loaded again knows the screens at once, and the boards as they are declared", async () => {
  // Given a page that has asked the gateway
  globalThis.fetch = async () => Response.json({ boards: [A, B, SCREEN] });
  let changes = 0;
  const before = new BoardList([A, B], () => changes++);
  assert.deepEqual(before.all.map(({ name }) => name), ["a", "b"]);
  await before.refresh();
  assert.equal(changes, 1);

  // When it is loaded again, with another title of a board
  const renamed = { ...A, title: "Renamed" };
  const { all } = new BoardList([renamed, B], () => {});

  assert.deepEqual(all, [renamed, B, SCREEN]);
});
