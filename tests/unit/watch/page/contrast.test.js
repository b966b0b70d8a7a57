// Colours contrast as the page promises: muted texts 7 : 1, others 4.5 : 1, controls and what is drawn 3 : 1.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Red, green, blue and opacity, from 0 to 1. @typedef {number[]} Colour */

const PAGE = new URL("../../../../watch/page/", import.meta.url);
const FILES = ["style.css", "past/past.css", "chart/chart.css"];
const DECLARED = /--([\w-]+): light-dark\(#(\w+), #(\w+)\)/g;
const SCHEMES = /** @type {const} */ ([["light", 2], ["dark", 3]]);
/** Behind a row that is hovered. */
const HOVERED = { light: "0000000d", dark: "ffffff12" };

/**
 * @param {string} hex
 * @returns {Colour}
 */
function colour(hex) {
  const parts = (hex.match(/../g) ?? []).map((part) => parseInt(part, 16) / 255);
  return parts.length === 3 ? [...parts, 1] : parts;
}

/**
 * @param {Colour} upper
 * @param {Colour} lower
 * @param {number} opacity of the upper one
 * @returns {Colour}
 */
function over(upper, lower, opacity = upper[3]) {
  return [0, 1, 2].map((i) => upper[i] * opacity + lower[i] * (1 - opacity)).concat(1);
}

/** @param {Colour} of */
function luminance(of) {
  const linear = of.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/**
 * @param {Colour} one
 * @param {Colour} other
 */
function contrast(one, other) {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colours of a scheme, by their names. @param {2 | 3} place */
function colours(place) {
  const css = FILES.map((file) => readFileSync(new URL(file, PAGE), "utf8")).join("\n");
  const found = new Map([...css.matchAll(DECLARED)].map((each) => [each[1], colour(each[place])]));
  return (/** @type {string} */ name) => found.get(name) ?? assert.fail(`--${name} is declared nowhere`);
}

for (const [scheme, place] of SCHEMES) {
  const named = colours(place);
  const odd = named("odd");
  const active = over(named("accent"), odd, 0.12);
  const hovered = over(colour(HOVERED[scheme]), odd);

  /**
   * @param {string} name
   * @param {Colour | string} behind
   * @param {number} least
   */
  const holds = (name, behind, least) => {
    const ratio = contrast(over(named(name), named("surface")), typeof behind === "string" ? named(behind) : behind);
    assert.ok(ratio >= least, `${scheme}: --${name} on ${behind} has ${ratio.toFixed(2)}, not ${least}`);
  };

  test(`${scheme}: texts can be read on whatever is behind them`, () => {
    for (const behind of ["page", "surface", "raised", "odd", "past-surface"]) {
      holds("text", behind, 7);
      holds("muted", behind, 7);
    }
    for (const name of ["up", "down", "accent", "warn", "dim"]) {
      for (const behind of ["surface", odd, hovered, active]) holds(name, behind, 4.5);
    }
    for (const behind of ["past-surface", "page", "surface"]) holds("past", behind, 4.5);
  });

  test(`${scheme}: tinted cells can be read`, () => {
    for (const name of ["up", "down"]) {
      for (const tint of [0.08, 0.15]) holds(name, over(named(name), odd, tint), 4.5);
      for (const tint of [0.08, 0.15, 0.26, 0.4]) holds("text", over(named(name), active, tint), 4.5);
    }
  });

  test(`${scheme}: controls, candles, volume and lines can be seen`, () => {
    for (const behind of ["page", "surface", "raised", "past-surface"]) holds("field", behind, 3);
    for (const name of ["up", "down", "vwap", "muted", "volume-up", "volume-down"]) holds(name, "surface", 3);
  });
}
