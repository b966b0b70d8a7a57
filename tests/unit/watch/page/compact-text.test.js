// JSON in addresses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { compactText, readCompactText } from "../../../../watch/page/layout/compact-text.js";

/** @type {[unknown, string][]} */
const EXAMPLES = [
  [{ boards: [{ board: "gainers" }, { board: "small_caps" }] }, "(boards:!((board:gainers),(board:small_caps"],
  [{ a: { b: 1 }, c: -2.5 }, "(a:(b:1),c:-2.5"],
  [[true, false, null], "!(!t,!f,!n"],
  [{}, "("],
  [[], "!("],
  ["", "~"],
  ["20", "~20"],
  ["20M", "20M"],
  ["close >= 2, or (so)!", "close%20%3E%3D%202%2C%20or%20%28so%29%21"],
  ["~'*\u00e4\ud83d\ude00", "%7e%27%2a%C3%A4%F0%9F%98%80"],
  [{ "": 1, "a:b": [[]] }, "(~:1,a%3Ab:!(!("],
];

for (const [value, text] of EXAMPLES) {
  test(`${JSON.stringify(value)} is written ${text}, and read again`, () => {
    assert.equal(compactText(value), text);
    assert.deepEqual(readCompactText(text), value);
  });
}

test("it is read with brackets at the end as well", () => {
  assert.deepEqual(readCompactText("(a:!(1,2))"), { a: [1, 2] });
});

test("what is none is read as undefined", () => {
  for (const text of ["", "(a", "(a:", "(a:1,", "!(1,,2)", "(a:1)b", "%E0%A4%A", ")", "(".repeat(99), "!(".repeat(99)]) {
    assert.equal(readCompactText(text), undefined, text);
  }
});

test("a member called __proto__ changes no prototype", () => {
  const value = readCompactText("(__proto__:(a:1");
  assert.equal(value.a, undefined);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

/**
 * @param {() => number} random from 0 to 1
 * @param {number} depth
 * @returns {unknown}
 */
function madeUp(random, depth) {
  const kind = Math.floor(random() * 7);
  const length = depth > 4 ? 0 : Math.floor(random() * 4);
  const members = Array.from({ length }, () => madeUp(random, depth + 1));
  const text = () => Array.from({ length: Math.floor(random() * 6) }, () => String.fromCharCode(random() * 0x300)).join("");
  return [
    () => random() < 0.5,
    () => null,
    () => Math.round(random() * 1e6) / 1e3,
    () => random() * 1e30,
    text,
    () => members,
    () => Object.fromEntries(members.map((member) => [text(), member])),
  ][kind]();
}

test("any JSON is read as it was written", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  for (let n = 0; n < 2_000; n++) {
    const value = madeUp(random, 0);
    assert.deepEqual(readCompactText(compactText(value)), value);
  }
});
