// Whether alerts are silent, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { silence } from "../../../../watch/page/alerts/silence.js";

const EIGHT = new Date(2026, 10, 20, 8, 27).getTime();

test("quiet hours say until when, by the user's clock", () => {
  assert.deepEqual(silence({ isMuted: false, quietUntil: EIGHT }), {
    sign: "quiet until 08:27",
    about: "Alerts neither sound nor notify until 08:27, by your clock.",
  });
});

test("quiet hours come before mute, which allows notifications", () => {
  assert.equal(silence({ isMuted: true, quietUntil: EIGHT }).sign, "quiet until 08:27");
  assert.equal(silence({ isMuted: true, quietUntil: 0 }).sign, "muted");
});

test("alerts that sound say nothing", () => {
  assert.equal(silence({ isMuted: false, quietUntil: 0 }).sign, "");
});
