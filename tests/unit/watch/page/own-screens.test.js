// The user's own screens, which the browser stores.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { MOST, OwnScreens, isSame } from "../../../../watch/page/boards/screens/own-screens.js";
import { browserStorage } from "../../../../watch/page/storage.js";

/** @type {import("../../../../watch/page/boards/screens/draft.js").Draft} */
const CHEAP = { title: "Cheap", by: "rvol", order: "ascending", where: ["close <= 5"], hours: [] };
const titles = () => new OwnScreens().all.map(({ title }) => title);

beforeEach(() => browserStorage.remove("screens"));

test("they stay until their user deletes them, and deleting can be taken back", () => {
  const own = new OwnScreens();
  own.keep(CHEAP);
  own.keep(CHEAP);
  assert.deepEqual(new OwnScreens().all, [CHEAP]);

  const undo = own.remove(CHEAP);
  assert.deepEqual(titles(), []);
  const redo = undo();
  assert.deepEqual(titles(), ["Cheap"]);
  redo();
  assert.deepEqual(titles(), []);
});

test("another screen of the same title gets a number", () => {
  const own = new OwnScreens();
  own.keep(CHEAP);
  assert.equal(own.keep({ ...CHEAP, by: "pct_change" }).title, "Cheap 2");
  assert.deepEqual(titles(), ["Cheap", "Cheap 2"]);
});

test("one that is changed stays in its place, with its title", () => {
  const own = new OwnScreens();
  own.keep(CHEAP);
  own.keep({ ...CHEAP, title: "Other" });
  const changed = { ...CHEAP, where: ["close <= 3"] };
  assert.deepEqual(own.change(CHEAP, changed), changed);
  assert.deepEqual(titles(), ["Cheap", "Other"]);
  // One that was not kept, as of a link, is kept from then on.
  assert.equal(own.change({ ...CHEAP, title: "Linked" }, { ...CHEAP, title: "Mine" }).title, "Mine");
  assert.deepEqual(titles(), ["Cheap", "Other", "Mine"]);
});

test("there is room for so many, and none gives way to another", () => {
  const own = new OwnScreens();
  for (let i = 0; i < MOST; i++) own.keep({ ...CHEAP, title: `Screen ${i}` });
  assert.equal(own.isFull, true);
  assert.equal(own.keep({ ...CHEAP, title: "One more" }).title, "One more");
  assert.equal(titles().length, MOST);
  assert.equal(titles().includes("One more"), false);
});

test("what somebody else has stored there does no harm", () => {
  for (const wrong of ["5", "{}", "[null, 5, {}]", "["]) {
    browserStorage.set("screens", wrong);
    assert.deepEqual(new OwnScreens().all, []);
  }
  assert.equal(isSame(CHEAP, { ...CHEAP, hours: ["pre"] }), false);
});
