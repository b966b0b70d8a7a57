// The filters of a board: which there are, what people type into them, and which rows pass.

/** @import { Row } from "../../row.js" */

/**
 * @typedef {object} Filter
 * @property {string} name in settings and addresses
 * @property {string} title in the form
 * @property {string} short what is tested, for the chip
 * @property {string} example what can be typed, as a placeholder
 * @property {"least" | "most" | "change"} kind `change`: at least so high, or, where it is negative, at most so low
 * @property {string | null} field of the row that is tested; null: the board's change in percent
 * @property {boolean} isShort whether it is typed in digits alone, so that a phone shows its keys for numbers
 */

/** What was typed into the filters, by their names. @typedef {Record<string, string>} Texts */

/** What those texts mean; null: no number. @typedef {Map<string, number | null>} Limits */

/** @type {Filter[]} */
export const FILTERS = [
  { name: "min_price", title: "Price from", short: "Price", example: "2", kind: "least", field: "close", isShort: true },
  { name: "max_price", title: "Price to", short: "Price", example: "20", kind: "most", field: "close", isShort: true },
  {
    name: "max_float",
    title: "Float up to",
    short: "Float",
    example: "20M",
    kind: "most",
    field: "free_float",
    isShort: false,
  },
  { name: "min_rvol", title: "RVol from", short: "RVol", example: "5", kind: "least", field: "rvol", isShort: true },
  {
    name: "min_relative_volume",
    title: "Vol/avg from",
    short: "Vol/avg",
    example: "2",
    kind: "least",
    field: "relative_volume",
    isShort: true,
  },
  {
    name: "min_volume",
    title: "Volume from",
    short: "Volume",
    example: "200K",
    kind: "least",
    field: "accumulated_volume",
    isShort: false,
  },
  {
    name: "min_change",
    title: "Change from %",
    short: "Change",
    example: "10 or -10",
    kind: "change",
    field: null,
    isShort: true,
  },
];

/** Those of {@link FILTERS}, by name. */
export const BY_NAME = new Map(FILTERS.map((filter) => [filter.name, filter]));

/** What a letter multiplies by, as a power of ten. @type {Record<string, number>} */
const UNITS = { "": 0, K: 3, M: 6, B: 9, T: 12 };

/**
 * The number that a person means by `1.5M`, `200k`, `$12.30` or `1,000`.
 *
 * @param {string} text
 * @returns {number | null} null: it is not a number.
 */
export function parseNumber(text) {
  const found = /^\$?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*([kmbt]?)$/i.exec(text.trim());
  // Multiplied, `0.07M` would not be 70,000.
  return found && Number(`${found[1].replaceAll(",", "")}e${UNITS[found[2].toUpperCase()]}`);
}

/**
 * The change in percent that a person means by `10`, `+10 %` or `-5.5`.
 *
 * @param {string} text
 * @returns {number | null} null: it is not a number.
 */
export function parseChange(text) {
  const found = /^([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s*%?$/.exec(text.trim());
  return found && Number(found[2]) * (found[1] === "-" ? -1 : 1);
}

/**
 * @param {Texts} texts
 * @returns {Limits} without those that are empty, or of no filter
 */
export function limitsOf(texts) {
  /** @type {Limits} */
  const limits = new Map();
  for (const { name, kind } of FILTERS) {
    const text = texts[name]?.trim();
    if (text) limits.set(name, kind === "change" ? parseChange(text) : parseNumber(text));
  }
  return limits;
}

/**
 * A test that rows pass where they are within all of the limits. A limit that is not a number is ignored.
 *
 * @param {Limits} limits
 * @param {string} changeField the board's change in percent
 * @returns {(row: Row) => boolean}
 */
export function passesAll(limits, changeField) {
  const tests = known(limits).map(([{ kind, field }, limit]) => ({
    isMost: kind === "most" || (kind === "change" && limit < 0),
    field: field ?? changeField,
    limit,
  }));
  return (row) => tests.every(({ isMost, field, limit }) => {
    const value = row[field] ?? NaN;
    // A float of 0 is unknown, and may be any size.
    if (field === "free_float" && !(value > 0)) return false;
    return isMost ? value <= limit : value >= limit;
  });
}

/**
 * The fields that the limits test.
 *
 * @param {Limits} limits
 * @param {string} changeField the board's change in percent
 */
export function testedFields(limits, changeField) {
  return [...new Set(known(limits).map(([{ field }]) => field ?? changeField))];
}

/**
 * The filters that test what no row has yet: it was asked for just now, or the server does not know it yet.
 *
 * @param {Limits} limits
 * @param {Row[]} rows
 * @param {string} changeField the board's change in percent
 * @returns {string[]} names
 */
export function awaitedFilters(limits, rows, changeField) {
  if (rows.length === 0) return [];
  return known(limits)
    .filter(([{ field }]) => !rows.some((row) => row[field ?? changeField] !== undefined))
    .map(([{ name }]) => name);
}

/**
 * The limits as a screen's conditions.
 *
 * @param {Limits} limits
 * @param {string} changeField the board's change in percent
 */
export function conditionsOf(limits, changeField) {
  return known(limits).flatMap(([{ kind, field }, limit]) => {
    const tested = field ?? changeField;
    const operator = kind === "most" || (kind === "change" && limit < 0) ? "<=" : ">=";
    const condition = `${tested} ${operator} ${inDigits(limit)}`;
    return tested === "free_float" ? ["free_float > 0", condition] : [condition];
  });
}

/**
 * `10_000`, as TOML and conditions read it.
 *
 * @param {number} number
 */
export function inDigits(number) {
  const [whole, ...fraction] = String(number).split(".");
  return [whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "_") : whole, ...fraction].join(".");
}

/**
 * What is wrong with the limits, in a sentence; empty: nothing.
 *
 * @param {Texts} texts
 * @param {Limits} limits what they mean
 */
export function mistakeIn(texts, limits) {
  for (const [name, limit] of limits) {
    if (limit !== null) continue;
    const examples = name === "min_change" ? "10 or -10" : "12.50, 200k or 1.5M";
    return `\u201c${texts[name].trim()}\u201d is no number. Try ${examples}.`;
  }
  const [lowest = null, highest = null] = [limits.get("min_price"), limits.get("max_price")];
  const isCrossed = lowest !== null && highest !== null && lowest > highest;
  return isCrossed ? "The lowest price is above the highest." : "";
}

/**
 * @param {Limits} limits
 * @returns {[Filter, number][]} those that are numbers
 */
function known(limits) {
  return FILTERS.flatMap((filter) => {
    const limit = limits.get(filter.name) ?? null;
    return limit === null ? [] : [/** @type {[Filter, number]} */ ([filter, limit])];
  });
}
