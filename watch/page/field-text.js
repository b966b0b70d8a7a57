// The text of a row's field, by the field's unit.

import { UNKNOWN, change, count, multiple, percent, price, quantity } from "./numbers.js";
import { newYorkTime } from "./status/new-york-time.js";

/** @import { Field } from "./declarations.js" */
/** @import { Row } from "./row.js" */

/**
 * @param {Row} row
 * @param {Field} field
 * @param {{ exact?: boolean }} options exact: shares and amounts to the last one
 * @returns {string}
 */
export function fieldText(row, field, { exact = false } = {}) {
  if (field.unknown_if_zero && !row[field.unknown_if_zero]) return UNKNOWN;
  const value = row[field.name];
  switch (field.unit) {
    case "dollars":
      return field.signed ? change(value, row.close) : price(value);
    case "percent":
      return percent(value);
    case "shares":
    case "dollar amount":
      return exact ? count(value) : quantity(value);
    case "milliseconds":
      return value === undefined ? UNKNOWN : newYorkTime(value);
    default:
      return multiple(value);
  }
}

/**
 * The class for the colour of a number's sign.
 *
 * @param {number | undefined} value
 * @returns {"up" | "down" | ""}
 */
export function signClass(value = 0) {
  return value > 0 ? "up" : value < 0 ? "down" : "";
}
