// The columns of a board.

import { UNKNOWN } from "../numbers.js";
import { fieldText } from "../field-text.js";

/** @import { Board, Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/**
 * @typedef {object} Column
 * @property {string} key the row's field that it shows and sorts by; also the class of its cells
 * @property {string} title
 * @property {string} about the title at length
 * @property {(row: Row) => string} text
 * @property {boolean} signed whether the number's sign is shown as a colour too
 * @property {boolean} ticks whether an arrow shows in which direction the number last changed
 */

/** The fields of a change: in percent and in dollars. */
const CHANGES = {
  close: { percent: "pct_change", dollars: "change" },
  open: { percent: "pct_change_since_open", dollars: "change_since_open" },
};

/**
 * The columns of a board, the most important first: on a narrow board the last ones are hidden (style.css).
 *
 * The field that ranks the board stands behind the price, unless it has a place of its own.
 *
 * @param {Board} board
 * @param {Field[]} fields
 * @returns {Column[]}
 */
export function columns(board, fields) {
  const names = usualNames(board);
  if (hasOwnColumn(board)) names.splice(1, 0, board.field);
  const shown = names.flatMap((name) => fields.find((field) => field.name === name) ?? []);
  return [RANK, SYMBOL, ...shown.map(numberColumn)];
}

/**
 * Whether the field that ranks the board is none that every board shows. Other widths go with it (style.css).
 *
 * @param {Board} board
 */
export function hasOwnColumn(board) {
  return !usualNames(board).includes(board.field);
}

/**
 * The fields that are shown whatever ranks the board.
 *
 * @param {Board} board
 */
function usualNames(board) {
  const { percent, dollars } = CHANGES[board.change_since];
  const other = CHANGES[board.change_since === "open" ? "close" : "open"];
  return [
    "close",
    percent,
    "accumulated_volume",
    "relative_volume",
    "free_float",
    dollars,
    other.percent,
    "aggregate_vwap",
    "prev_day_close",
  ];
}

/** @type {Column} */
const RANK = {
  key: "rank",
  title: "#",
  about: "Rank",
  text: ({ rank }) => String(rank ?? UNKNOWN),
  signed: false,
  ticks: false,
};

/** @type {Column} */
const SYMBOL = {
  key: "symbol",
  title: "Symbol",
  about: "Symbol",
  text: ({ symbol }) => symbol,
  signed: false,
  ticks: false,
};

/**
 * @param {Field} field
 * @returns {Column}
 */
function numberColumn(field) {
  return {
    key: field.name,
    title: field.title,
    about: field.about,
    text: (row) => fieldText(row, field),
    signed: field.signed,
    ticks: field.name === "close",
  };
}
