// Tables as CSV (RFC 4180), which spreadsheets read.

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=@\t\r]|^[+-](?![\d.])/;

/**
 * @param {string[]} titles
 * @param {(string | number | undefined)[][]} rows numbers are written in full; undefined: unknown, an empty cell
 * @returns {string}
 */
export function csv(titles, rows) {
  return [titles, ...rows].map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
}

/** @param {string | number | undefined} value */
function cellText(value = "") {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
