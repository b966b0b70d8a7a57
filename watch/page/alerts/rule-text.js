// A rule of alerts made of a board or screen, as the text that goes into the file of rules.

import { freeName } from "../free-name.js";

/**
 * What a rule is made of.
 *
 * @typedef {object} RuleSource
 * @property {string} title
 * @property {string | null} board the board or screen whose first places it calls for; null: its conditions alone
 * @property {string[]} where conditions, all of which hold
 * @property {string[]} hours of `pre`, `regular`, `post`; none: all
 * @property {string[]} taken names of the rules that there are
 */

/** Places of a board that its rule calls for. */
export const PLACES = 10;

/** Of a rule's title, in characters, and what none of them may be: controls, and halves of a character. */
const LONGEST_TITLE = 80;
const UNFIT = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
/** Of a name, but for a number that tells it from others. */
const LONGEST_NAME = 60;

/**
 * The rule in TOML.
 *
 * @param {RuleSource} source
 */
export function ruleText({ title, board, where, hours, taken }) {
  const words = [...title.replace(UNFIT, " ").trim()].slice(0, LONGEST_TITLE).join("").trim();
  const name = ruleName(title, taken);
  const lines = [
    "[[alert]]",
    `name = ${quoted(name)}`,
    ...(words === "" ? [] : [`title = ${quoted(words)}`]),
    ...(board === null ? [] : [`event = ${quoted(`enters:${board}:${PLACES}`)}`]),
    ...(where.length > 0 ? [`${board === null ? "when" : "where"} = ${list(where)}`] : []),
    ...(hours.length > 0 ? [`hours = ${list(hours)}`] : []),
    "hold = 5        # seconds for which all of it has to hold",
    "cooldown = 600  # seconds, for each symbol",
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * @param {string} title
 * @param {string[]} taken
 */
function ruleName(title, taken) {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return freeName(name.slice(0, LONGEST_NAME) || "rule", taken, "-");
}

/** @param {string[]} texts */
function list(texts) {
  const [only, ...more] = texts.map(quoted);
  return more.length === 0 ? `[${only}]` : `[\n${texts.map((text) => `    ${quoted(text)},\n`).join("")}]`;
}

/**
 * A string of TOML, which escapes as JSON does, but for one character that JSON leaves.
 *
 * @param {string} text
 */
function quoted(text) {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
