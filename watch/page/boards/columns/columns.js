// The columns that a board can have, and which it shows.

import { fieldText } from "../../field-text.js";
import { UNKNOWN } from "../../numbers.js";

/** @import { Board, Field } from "../../declarations.js" */
/** @import { Row } from "../../row.js" */

/**
 * @typedef {object} Column
 * @property {string} key the row's field that it shows and sorts by, or `move` or `spark`; also the class of its cells
 * @property {string} title
 * @property {string} about the title at length
 * @property {"text" | "move" | "spark"} kind `move`: how its rank moved; `spark`: the session as a line
 * @property {(row: Row) => string} text of a column of texts
 * @property {string[]} fields of the row that it reads
 * @property {number} digits that it has room for, of the usual kind of number
 * @property {boolean} signed whether the number's sign is shown as a colour too
 * @property {boolean} isPercent
 * @property {boolean} ticks whether an arrow shows in which direction the number last changed
 */

/** A column, and its width in pixels where the user chose one. @typedef {{ key: string, width?: number }} Chosen */

/** The fields of a change: in percent and in dollars. */
const CHANGES = {
  close: { percent: "pct_change", dollars: "change" },
  open: { percent: "pct_change_since_open", dollars: "change_since_open" },
};

/** The share of their usual widths that columns keep where room is scarce. */
export const LEAST_SHARE = 0.9;

/** @type {Record<string, number>} */
const DIGITS = {
  dollars: 9,
  "dollar amount": 7,
  percent: 10,
  shares: 7,
  times: 7,
  count: 5,
  milliseconds: 8.5,
};

/** Of a field that compares with minutes before. */
const UNKNOWN_BEFORE = "Unknown until a symbol has traded for so long: what has just begun to trade ranks nowhere by it.";

/** @type {Column} */
const BARE = {
  key: "",
  title: "",
  about: "",
  kind: "text",
  text: () => "",
  fields: [],
  digits: 0,
  signed: false,
  isPercent: false,
  ticks: false,
};

/** Those of no number. @type {Column[]} */
const OTHERS = [
  { ...BARE, key: "rank", title: "#", about: "Rank", text: ({ rank }) => String(rank ?? UNKNOWN), digits: 3.4 },
  { ...BARE, key: "move", title: "\u00b1", about: "Ranks gained or lost within a minute; new: not on the board a minute ago", kind: "move", digits: 4 },
  { ...BARE, key: "symbol", title: "Symbol", about: "Symbol", text: ({ symbol }) => symbol, digits: 7 },
  { ...BARE, key: "spark", title: "Day", about: "Prices of the session, as a line", kind: "spark", digits: 8 },
];

/**
 * All columns that there are: rank, symbol, and one for each field.
 *
 * @param {Field[]} fields
 * @returns {Map<string, Column>} by key
 */
export function allColumns(fields) {
  return new Map([...OTHERS, ...fields.map(numberColumn)].map((column) => [column.key, column]));
}

/**
 * The field of the board's change in percent: that which ranks it, or the one that is shown beside its rows.
 *
 * @param {Board} board
 * @param {Field[]} fields
 */
export function percentField(board, fields) {
  return isByPercent(board, fields) ? board.field : CHANGES[board.change_since].percent;
}

/**
 * @param {Board} board
 * @param {Field[]} fields
 */
export function isByPercent(board, fields) {
  return fields.some(({ name, unit }) => name === board.field && unit === "percent");
}

/**
 * The columns of a board in their usual order. The field that ranks the board stands behind the price, unless it has a
 * place of its own.
 *
 * @param {Board} board
 */
export function usualKeys(board) {
  const { percent, dollars } = CHANGES[board.change_since];
  const other = CHANGES[board.change_since === "open" ? "close" : "open"];
  const numbers = [
    "close",
    percent,
    "accumulated_volume",
    "relative_volume",
    "spark",
    "free_float",
    "rvol",
    dollars,
    other.percent,
    "aggregate_vwap",
    "prev_day_close",
  ];
  if (!numbers.includes(board.field)) numbers.splice(1, 0, board.field);
  return ["rank", "move", "symbol", ...numbers];
}

/**
 * The columns without which a board says too little.
 *
 * @param {Board} board
 */
export function essentialKeys(board) {
  return [...new Set(["rank", "symbol", "close", board.field])];
}

/**
 * Which of the usual columns a narrow board shows: the most important ones that fit, in their usual order. What is
 * filtered by is more important than what is not.
 *
 * @param {Board} board
 * @param {string[]} filtered fields that are filtered by
 * @param {(key: string) => number} width of a column, pixels; 0: there is no such column
 * @param {number} room pixels
 * @returns {string[]} keys
 */
export function fitting(board, filtered, width, room) {
  const usual = usualKeys(board).filter((key) => width(key) > 0);
  const extra = filtered.filter((key) => !usual.includes(key) && width(key) > 0);
  const keys = [...usual, ...extra];
  /** @param {string} key */
  const importance = (key) => {
    if (key === "symbol" || key === board.field) return 0;
    if (key === "rank" || key === "close") return 1;
    if (key === CHANGES[board.change_since].percent) return 2;
    // Most boards are filtered by volume from the start: what the user filters by comes first.
    if (key === "accumulated_volume") return 4;
    if (filtered.includes(key)) return 3;
    return key === "move" ? 5 : 6;
  };
  const byImportance = keys.toSorted((a, b) => importance(a) - importance(b));
  const shown = new Set();
  let used = 0;
  for (const key of byImportance) {
    used += width(key);
    // Columns become narrower for what every board needs, and for nothing else: some of their texts are cut then.
    const least = importance(key) < 2 ? used * LEAST_SHARE : used;
    // A board that is too narrow for what it is about is scrolled sideways.
    if (least > room && importance(key) > 0) break;
    shown.add(key);
  }
  return keys.filter((key) => shown.has(key));
}

/**
 * Columns from a setting: `close`, or with a width, `close:90`.
 *
 * @param {unknown} setting
 * @param {Map<string, Column>} all
 * @param {string} ranking the field that ranks the board: it is always among them
 * @returns {Chosen[]} each once; empty: the setting names none
 */
export function readChosen(setting, all, ranking) {
  if (!Array.isArray(setting)) return [];
  const chosen = setting.flatMap((each) => {
    const [key, width] = String(each).split(":");
    if (!all.has(key)) return [];
    const pixels = Math.round(Number(width));
    return [pixels >= 24 && pixels <= 400 ? { key, width: pixels } : { key }];
  });
  if (chosen.length > 0 && all.has(ranking)) chosen.push({ key: ranking });
  return chosen.filter(({ key }, i) => chosen.findIndex((other) => other.key === key) === i);
}

/**
 * @param {Chosen[]} chosen
 * @returns {string[]} as a setting
 */
export function writeChosen(chosen) {
  return chosen.map(({ key, width }) => (width === undefined ? key : `${key}:${width}`));
}

/**
 * @param {Field} field
 * @returns {Column}
 */
function numberColumn(field) {
  const { name, title, unit, signed, seconds = 0 } = field;
  return {
    ...BARE,
    key: name,
    title,
    about: seconds === 0 ? field.about : `${field.about}. ${UNKNOWN_BEFORE}`,
    text: (row) => fieldText(row, field),
    fields: [name, ...field.unknown_if_zero, ...(unit === "dollars" ? ["close"] : [])],
    // Some room for the title, and for the arrow of what is sorted by.
    digits: Math.max(DIGITS[unit] ?? 7, title.length * 0.9 + 1.5) + (name === "close" ? 1 : 0),
    signed,
    isPercent: unit === "percent",
    ticks: name === "close",
  };
}
