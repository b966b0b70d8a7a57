// Which fields a quote shows, and under which labels.

import { fieldText } from "../field-text.js";
import { count } from "../numbers.js";
import { isOfPreMarket } from "../row.js";
import { newYorkTime, timeOfDay } from "../status/new-york-time.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/**
 * A field of the quote.
 *
 * @typedef {object} QuoteField
 * @property {string} name of the row's field
 * @property {string} label
 * @property {string} about what it is
 * @property {(row: Row) => string} text
 * @property {(row: Row) => string} labelOf the label that the field has in a row
 * @property {boolean} signed whether the number's sign is shown as a colour too
 */

/**
 * Some fields below a title.
 *
 * @typedef {object} QuoteGroup
 * @property {string} title
 * @property {QuoteField[]} fields
 */

/** With the symbol: the price, and when it was. Neither has a label. */
const HEADLINE = ["close", "end_timestamp"];

/** Explained with the time of the price: figures for those who run the system. */
const BEHIND_TIME = ["start_timestamp"];

/** @type {[string, string[]][]} */
const CHANGES = [
  ["Since close", ["change", "pct_change"]],
  ["Since open", ["change_since_open", "pct_change_since_open"]],
];

/** Always in view, those first that are looked at most. @type {[string, string][]} */
const TODAY = [
  ["day_high", "High"],
  ["day_low", "Low"],
  ["high_at", "High at"],
  ["aggregate_vwap", "VWAP"],
  ["open", "Session open"],
  ["accumulated_volume", "Volume"],
  ["rvol", "RVol"],
  ["free_float", "Float"],
  ["dollar_volume", "Volume $"],
  ["pre_high", "Pre-mkt high"],
  ["pre_low", "Pre-mkt low"],
];

/** Below a fold each. @type {[string, [string, string][]][]} */
const FOLDS = [
  ["Previous day", [
    ["prev_day_close", "Close"],
    ["prev_day_high", "High"],
    ["prev_day_low", "Low"],
    ["prev_day_open", "Open"],
    ["prev_day_volume", "Volume"],
    ["prev_day_vwap", "VWAP"],
  ]],
  ["Last bar", [
    ["high", "Bar high"],
    ["low", "Bar low"],
    ["vwap", "Bar VWAP"],
    ["volume", "Bar volume"],
  ]],
  ["More of today", [
    ["regular_close", "Regular close"],
    ["pct_change_after_hours", "After hours"],
    ["official_open_price", "Official open"],
    ["relative_volume", "Vol/avg day"],
    ["avg_volume", "30-day avg"],
    ["rvol_sessions", "RVol days"],
    ["average_size", "Average trade"],
  ]],
];

/** What fields are called while their row is of the pre-market. @type {Record<string, string>} */
const IN_PRE_MARKET = { open: "Pre-mkt open" };

/**
 * The changes in the headline: each group's title is its label.
 *
 * @param {Field[]} fields
 * @returns {QuoteGroup[]}
 */
export function changeGroups(fields) {
  return CHANGES.map(([title, names]) => ({ title, fields: names.flatMap((name) => quoteField(fields, name, title)) }));
}

/**
 * What is always in view below the headline.
 *
 * @param {Field[]} fields
 * @returns {QuoteField[]}
 */
export function todayFields(fields) {
  return TODAY.flatMap(([name, label]) => quoteField(fields, name, label));
}

/**
 * What is folded. Fields that have no place of their own come last, under their own titles.
 *
 * @param {Field[]} fields
 * @returns {QuoteGroup[]}
 */
export function foldedGroups(fields) {
  const groups = FOLDS.map(([title, members]) => ({
    title,
    fields: members.flatMap(([name, label]) => quoteField(fields, name, label)),
  }));
  const placed = new Set([
    ...HEADLINE,
    ...BEHIND_TIME,
    ...CHANGES.flatMap(([, names]) => names),
    ...[TODAY, ...FOLDS.map(([, members]) => members)].flatMap((members) => members.map(([name]) => name)),
  ]);
  const others = fields.filter(({ name }) => !placed.has(name));
  groups.push({ title: "Others", fields: others.flatMap(({ name, title }) => quoteField(fields, name, title)) });
  return groups.filter((group) => group.fields.length > 0);
}

/**
 * What is behind the price, for those who run the system: its bar, and how many bars it stands for.
 *
 * @param {Row} row
 */
export function barText({ start_timestamp: start, end_timestamp: end, folded = 0 }) {
  if (start === undefined || end === undefined) return "When its last bar was is unknown.";
  const bars = folded > 0 ? ` ${count(folded)} earlier bars were conflated into it.` : "";
  return `Its last bar lasted from ${timeOfDay(start)} to ${newYorkTime(end)}.${bars}`;
}

/**
 * @param {Field[]} fields
 * @param {string} name
 * @param {string} label
 * @returns {QuoteField[]} empty where there is no such field
 */
function quoteField(fields, name, label) {
  const field = fields.find((each) => each.name === name);
  if (!field) return [];
  const { about, signed } = field;
  const early = IN_PRE_MARKET[name] ?? label;
  const labelOf = (/** @type {Row} */ row) => (isOfPreMarket(row) ? early : label);
  return [{ name, label, labelOf, about, text: (row) => fieldText(row, field, { exact: true }), signed }];
}
