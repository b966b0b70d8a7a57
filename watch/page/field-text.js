// The text of a row's field, by the field's unit.

import { UNKNOWN, change, count, multiple, percent, price, quantity } from "./numbers.js";
import { newYorkTime, timeOfDay } from "./status/new-york-time.js";

/** @import { Field } from "./declarations.js" */
/** @import { Row } from "./row.js" */

/**
 * @param {Row} row
 * @param {Field} field
 * @param {{ exact?: boolean }} options exact: shares to the last one, and times with their zone
 * @returns {string}
 */
export function fieldText(row, field, { exact = false } = {}) {
  if (isUnknown(row, field)) return UNKNOWN;
  const value = row[field.name];
  switch (field.unit) {
    case "dollars":
      return field.signed ? change(value, row.close) : price(value);
    case "percent":
      return percent(value);
    case "shares":
      return exact ? count(value) : quantity(value);
    case "dollar amount":
      return quantity(value);
    case "count":
      return count(value);
    case "milliseconds":
      if (value === undefined) return UNKNOWN;
      return exact ? newYorkTime(value) : timeOfDay(value);
    default:
      return multiple(value);
  }
}

/**
 * Whether nobody knows a row's field, though it holds a number.
 *
 * @param {Row} row
 * @param {Field} field
 */
export function isUnknown(row, { unknown_if_zero: telling }) {
  return telling.length > 0 && telling.every((name) => !row[name]);
}

/**
 * The class for the colour of a change, by its text: what is shown as zero has none.
 *
 * @param {string} text
 * @returns {"up" | "down" | ""}
 */
export function signClass(text) {
  if (text === UNKNOWN) return "";
  return text.startsWith("+") ? "up" : text.startsWith("-") ? "down" : "";
}
