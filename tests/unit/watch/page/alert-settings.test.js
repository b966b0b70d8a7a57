// How the user wants to be called.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AlertSettings } from "../../../../watch/page/alerts/alert-settings.js";
import { usualSound } from "../../../../watch/page/alerts/sounds.js";
import { SafeStorage } from "../../../../watch/page/storage.js";

const RULES = ["spike", "new-high"];

test("settings are kept", () => {
  const storage = new SafeStorage(() => null);
  const settings = new AlertSettings(storage);
  assert.deepEqual([settings.isMuted, settings.notifies, settings.quietUntil], [false, false, 0]);

  settings.isMuted = true;
  settings.notifies = true;
  settings.quietUntil = Date.now() + 60_000;
  settings.chooseSound("spike", "low");

  const again = new AlertSettings(storage);
  assert.deepEqual([again.isMuted, again.notifies, again.soundOf("spike", RULES)], [true, true, "low"]);
  assert.ok(again.quietUntil > Date.now());
});

test("a time that is over is not quiet any more", () => {
  const settings = new AlertSettings(new SafeStorage(() => null));
  settings.quietUntil = Date.now() - 1;
  assert.equal(settings.quietUntil, 0);
});

test("rules without a chosen sound have different ones", () => {
  const settings = new AlertSettings(new SafeStorage(() => null));
  assert.notEqual(settings.soundOf("spike", RULES), settings.soundOf("new-high", RULES));
  assert.equal(settings.soundOf("gone", RULES), usualSound(0));
});

test("junk in the storage counts as nothing", () => {
  for (const junk of ["7", "[]", '"x"', '{"sounds":7,"quietUntil":"soon"}', '{"sounds":{"spike":"toString"}}']) {
    const storage = new SafeStorage(() => null);
    storage.set("alerts", junk);
    const settings = new AlertSettings(storage);
    assert.deepEqual([settings.isMuted, settings.quietUntil], [false, 0]);
    assert.equal(settings.soundOf("spike", RULES), usualSound(0));
    settings.chooseSound("spike", "rise");
    assert.equal(settings.soundOf("spike", RULES), "rise");
  }
});
