// Which fields a quote shows, and under which labels.

import { fieldText } from "../field-text.js";
import { count } from "../numbers.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/**
 * A field of the quote.
 *
 * @typedef {object} QuoteField
 * @property {string} name of the row's field
 * @property {string} label
 * @property {(row: Row) => string} text
 * @property {boolean} signed whether the number's sign is shown as a colour too
 */

/** Some fields below a title. @typedef {{ title: string, fields: QuoteField[] }} QuoteGroup */

/** Beside the symbol, with the price, which has no label. */
const HEADLINE = ["close"];

/** @type {[string, string[]][]} */
const CHANGES = [
  ["Since close", ["change", "pct_change"]],
  ["Since open", ["change_since_open", "pct_change_since_open"]],
];

/** @type {[string, [string, string][]][]} */
const GROUPS = [
  ["Today", [
    ["accumulated_volume", "Volume"],
    ["relative_volume", "Rel vol"],
    ["avg_volume", "30-day avg"],
    ["aggregate_vwap", "VWAP"],
    ["open", "Session open"],
    ["official_open_price", "Official open"],
  ]],
  ["Last bar", [
    ["high", "High"],
    ["low", "Low"],
    ["vwap", "VWAP"],
    ["volume", "Volume"],
    ["start_timestamp", "Start"],
    ["end_timestamp", "End"],
    ["folded", "Bars conflated"],
  ]],
  ["Previous day", [
    ["prev_day_open", "Open"],
    ["prev_day_high", "High"],
    ["prev_day_low", "Low"],
    ["prev_day_close", "Close"],
    ["prev_day_volume", "Volume"],
    ["prev_day_vwap", "VWAP"],
  ]],
  ["Shares", [
    ["free_float", "Free float"],
    ["average_size", "Average trade"],
  ]],
];

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
 * All other fields, in groups. Those that have no place of their own come last, under their own titles.
 *
 * @param {Field[]} fields
 * @returns {QuoteGroup[]}
 */
export function quoteGroups(fields) {
  const groups = GROUPS.map(([title, members]) => ({
    title,
    fields: members.flatMap(([name, label]) => (name === FOLDED.name ? FOLDED : quoteField(fields, name, label))),
  }));
  const placed = new Set([
    ...HEADLINE,
    ...CHANGES.flatMap(([, names]) => names),
    ...GROUPS.flatMap(([, members]) => members.map(([name]) => name)),
  ]);
  const others = fields.filter(({ name }) => !placed.has(name));
  if (others.length > 0) {
    groups.push({ title: "More", fields: others.flatMap(({ name, title }) => quoteField(fields, name, title)) });
  }
  return groups;
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
  return [{ name, label, text: (row) => fieldText(row, field, { exact: true }), signed: field.signed }];
}

/** No field of the row: only a publication that replaces others has it. @type {QuoteField} */
const FOLDED = {
  name: "folded",
  label: "Bars conflated",
  text: ({ folded = 0 }) => count(folded),
  signed: false,
};
