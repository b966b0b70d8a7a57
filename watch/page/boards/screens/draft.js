// A screen that is made on the page: what it asks the gateway for, and the TOML that declares it.

import { inDigits, parseNumber } from "../filters/filters.js";

/** @import { Board } from "../../declarations.js" */

/**
 * @typedef {object} Draft
 * @property {string} title
 * @property {string} by the field that ranks
 * @property {"descending" | "ascending"} order
 * @property {string[]} where conditions, all of which hold: `close >= 2`
 * @property {string[]} hours of `pre`, `regular`, `post`; empty: all
 */

export const OPERATORS = [">=", "<=", ">", "<", "==", "!="];
/** Of a screen that nobody publishes. */
export const MOST_ROWS = 500;
export const HOURS = ["pre", "regular", "post"];
/** Of the gateway's limits (watch/gateway/limits.py). */
const MOST_CONDITIONS = 12;
const LONGEST_CONDITION = 200;
export const LONGEST_TITLE = 60;
const CONDITION = /^([A-Za-z_]\w*)\s*(>=|<=|==|!=|>|<)\s*([^\s<>=!].*)$/;

/**
 * A draft from settings, a link or a file.
 *
 * @param {any} value
 * @returns {Draft | null} null: it is none
 */
export function readDraft(value) {
  if (typeof value?.by !== "string" || !/^[a-z]\w{0,63}$/.test(value.by)) return null;
  const where = texts(value.where)
    .filter((text) => text.length <= LONGEST_CONDITION)
    .slice(0, MOST_CONDITIONS)
    .map(withDigits);
  const title = typeof value.title === "string" ? value.title.trim().slice(0, LONGEST_TITLE) : "";
  return {
    title: title || "My screen",
    by: value.by,
    order: value.order === "ascending" ? "ascending" : "descending",
    where,
    hours: HOURS.filter((each) => texts(value.hours).includes(each)),
  };
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function texts(value) {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/**
 * A title by what ranks, until the user gives another.
 *
 * @param {string} ranking the title of the field that ranks
 * @param {string} order
 */
export function suggestedTitle(ranking, order) {
  return `${order === "ascending" ? "Lowest" : "Highest"} ${ranking}`;
}

/**
 * The draft as the text behind `/api/screen?`.
 *
 * @param {Draft} draft
 */
export function queryOf({ by, order, where, hours }) {
  const query = new URLSearchParams({ by, order });
  for (const each of where) query.append("where", each);
  for (const each of hours) query.append("hours", each);
  return query.toString();
}

/**
 * The draft as a screen's table in a TOML file (docs/guides/screens.md).
 *
 * @param {Draft} draft
 */
export function tomlOf({ title, by, order, where, hours }) {
  const lines = ["[[screen]]", `name = "${nameOf(title)}"`, `title = ${tomlText(title)}`, `by = "${by}"`];
  if (order === "ascending") lines.push('order = "ascending"');
  if (hours.length > 0) lines.push(`hours = [${hours.map(tomlText).join(", ")}]`);
  if (where.length > 0) lines.push("where = [", ...where.map((each) => `    ${tomlText(each)},`), "]");
  return `${lines.join("\n")}\n`;
}

/**
 * A screen's name by its title: a-z, 0-9 and _, not as boards' begin.
 *
 * @param {string} title
 */
function nameOf(title) {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return !name || name.startsWith("top_") ? `screen_${name}`.replace(/_$/, "") : name;
}

/** @param {string} text */
function tomlText(text) {
  // JSON's escapes are TOML's too, but for the slash, which JSON does not escape here.
  return JSON.stringify(text);
}

/**
 * What a condition's text consists of.
 *
 * @param {string} text
 * @returns {{ field: string, operator: string, right: string } | null} null: it is no condition
 */
export function readCondition(text) {
  const found = CONDITION.exec(text.trim());
  return found && { field: found[1], operator: found[2], right: found[3].trim() };
}

/**
 * A condition with its number as the server reads it: people write `20M`, `1,000` and `$5` too.
 *
 * @param {string} text of a condition
 * @returns {string} the same where that is no such number
 */
function withDigits(text) {
  const condition = readCondition(text);
  if (!condition) return text;
  const [first, ...rest] = condition.right.split("*").map((each) => each.trim());
  const isNegative = first.startsWith("-");
  const number = parseNumber(isNegative ? first.slice(1) : first);
  if (number === null || !/[^-\d.]/.test(first)) return text;
  const right = [`${isNegative ? "-" : ""}${inDigits(number)}`, ...rest].join(" * ");
  return `${condition.field} ${condition.operator} ${right}`;
}

/**
 * The draft as a board for a pane.
 *
 * @param {Draft} draft
 * @param {string} name in ids of elements; no board's
 * @param {string} ranking the title of the field that ranks
 * @returns {Board}
 */
export function boardOf({ title, by, order, where, hours }, name, ranking) {
  const caption = `by ${ranking}${order === "ascending" ? ", lowest first" : ""}, whole market`;
  const since = by.endsWith("_since_open") ? "open" : "close";
  return { name, title, caption, feed: "", field: by, order, conditions: where, hours, change_since: since };
}

/**
 * A draft that shows what a board shows, to go on from.
 *
 * @param {Board} board
 * @param {string[]} conditions of its filters
 * @returns {Draft}
 */
export function draftOf(board, conditions) {
  return {
    title: conditions.length > 0 ? `${board.title}, filtered` : `${board.title}, my own`,
    by: board.field,
    order: board.order,
    where: [...new Set([...board.conditions, ...conditions])],
    hours: board.hours,
  };
}
