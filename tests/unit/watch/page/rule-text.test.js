// A rule of a board or screen, as a text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ruleText } from "../../../../watch/page/alerts/rule-text.js";

const END = `hold = 5        # seconds for which all of it has to hold
cooldown = 600  # seconds, for each symbol
`;

test("a board's rule is about its first places", () => {
  const where = ["accumulated_volume >= 50000"];
  assert.equal(
    ruleText({ title: "Gainers", board: "gainers", where, hours: [] }),
    `[[alert]]
name = "gainers"
title = "Gainers"
event = "enters:gainers:10"
where = ["accumulated_volume >= 50000"]
${END}`,
  );
  assert.doesNotMatch(ruleText({ title: "Volume", board: "volume", where: [], hours: [] }), /where/);
});

test("a screen's rule has its conditions and hours", () => {
  const where = ["close >= 2", "close <= 20"];
  assert.equal(
    ruleText({ title: 'Small "caps"!', board: null, where, hours: ["pre"] }),
    `[[alert]]
name = "small-caps"
title = "Small \\"caps\\"!"
when = [
    "close >= 2",
    "close <= 20",
]
hours = ["pre"]
${END}`,
  );
  assert.match(ruleText({ title: "\u2713", board: null, where, hours: [] }), /name = "rule"/);
});
