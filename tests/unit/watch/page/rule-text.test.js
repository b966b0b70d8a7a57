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
    ruleText({ title: "Gainers", board: "gainers", where, hours: [], taken: [] }),
    `[[alert]]
name = "gainers"
title = "Gainers"
event = "enters:gainers:10"
where = ["accumulated_volume >= 50000"]
${END}`,
  );
  assert.doesNotMatch(ruleText({ title: "Volume", board: "volume", where: [], hours: [], taken: [] }), /where/);
});

test("a screen's rule has its conditions and hours", () => {
  const where = ["close >= 2", "close <= 20"];
  assert.equal(
    ruleText({ title: 'Small "caps"!', board: null, where, hours: ["pre"], taken: [] }),
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
  assert.match(ruleText({ title: "\u2713", board: null, where, hours: [], taken: [] }), /name = "rule"/);
});

test("a rule's name is none that there is", () => {
  const rule = { title: "Gainers", board: "gainers", where: [], hours: [] };
  assert.match(ruleText({ ...rule, taken: ["gainers", "gainers-2"] }), /name = "gainers-3"/);
});

test("a title has what a file of rules takes", () => {
  const rule = { board: "gainers", where: [], hours: [], taken: [] };
  assert.match(ruleText({ ...rule, title: "A\u0007b\ud83d" }), /title = "A b"\n/);
  assert.match(ruleText({ ...rule, title: "x".repeat(90) }), /title = "x{80}"\n/);
  assert.match(ruleText({ ...rule, title: "x".repeat(90), taken: ["x".repeat(60)] }), /name = "x{60}-2"\n/);
  assert.doesNotMatch(ruleText({ ...rule, title: "\u200b" }), /title/);
});
