// What the browser's tab says.

import assert from "node:assert/strict";
import { test } from "node:test";

let icon = "icon.svg";
const link = {
  getAttribute: () => icon,
  set href(/** @type {string} */ address) {
    icon = address;
  },
};
const page = { title: "Live leaderboards", querySelector: () => link };
Object.assign(globalThis, { document: page });
const { TabSign } = await import("../../../../watch/page/tab/tab-sign.js");

test("alerts come first in the title, and what breaks in the icon", () => {
  const tab = new TabSign();
  tab.say("alerts", "(2 alerts)", "alert.svg");
  assert.deepEqual([page.title, icon], ["(2 alerts) \u00b7 Live leaderboards", "alert.svg"]);

  tab.say("state", "Disconnected", "trouble.svg");
  assert.deepEqual([page.title, icon], ["(2 alerts) \u00b7 Disconnected \u00b7 Live leaderboards", "trouble.svg"]);

  tab.say("alerts", "");
  tab.say("state", "");
  assert.deepEqual([page.title, icon], ["Live leaderboards", "icon.svg"]);
});
