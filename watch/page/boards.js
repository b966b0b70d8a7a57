// Which boards there are, and what their columns show. A new board is one line here and a section in index.html.

import { UNKNOWN, change, multiple, percent, price, quantity } from "./format.js";

/** The boards: the name in feeds and addresses, the row's field that ranks it, and what its change is since. */
export const BOARDS = [
  { name: "volume", title: "Volume", by: "accumulated_volume", note: "by shares traded today", change: "close" },
  { name: "gappers", title: "Gappers", by: "pct_change", note: "by % since previous close", change: "close" },
  { name: "gainers", title: "Gainers", by: "pct_change_since_open", note: "by % since open", change: "open" },
];

// The core stores what nobody knows as 0.
const known = (base, text) => (base ? text : UNKNOWN);

const byPercent = {
  close: {
    key: "pct_change",
    title: "Chg %",
    about: "Change since the previous close, percent",
    text: (row) => percent(row.pct_change),
    signed: true,
  },
  open: {
    key: "pct_change_since_open",
    title: "Open %",
    about: "Change since the session's open, percent",
    text: (row) => percent(row.pct_change_since_open),
    signed: true,
  },
};

const byDollars = {
  close: {
    key: "change",
    title: "Chg $",
    about: "Change since the previous close, dollars",
    text: (row) => change(row.change, row.close),
    signed: true,
  },
  open: {
    key: "change_since_open",
    title: "Open $",
    about: "Change since the session's open, dollars",
    text: (row) => change(row.change_since_open, row.close),
    signed: true,
  },
};

const OTHER = { close: "open", open: "close" };

/**
 * The columns of a board, the most wanted first: what does not fit is left out from the end.
 *
 * Each has the row's field that sorts it, the title and what it says at length, its text, and whether it is coloured
 * by its sign.
 */
export function columns(board) {
  return [
    { key: "rank", title: "#", about: "Rank", text: (row) => String(row.rank ?? UNKNOWN) },
    { key: "symbol", title: "Symbol", about: "Symbol", text: (row) => row.symbol },
    { key: "close", title: "Price", about: "Price, dollars", text: (row) => price(row.close), ticks: true },
    byPercent[board.change],
    {
      key: "accumulated_volume",
      title: "Volume",
      about: "Shares traded today",
      text: (row) => quantity(row.accumulated_volume),
    },
    {
      key: "relative_volume",
      title: "Rel vol",
      about: "Volume in multiples of the 30-day average",
      text: (row) => known(row.avg_volume, multiple(row.relative_volume)),
    },
    {
      key: "free_float",
      title: "Float",
      about: "Shares that are free to trade",
      text: (row) => known(row.free_float, quantity(row.free_float)),
    },
    byDollars[board.change],
    byPercent[OTHER[board.change]],
    {
      key: "aggregate_vwap",
      title: "VWAP",
      about: "Volume-weighted average price of the day, dollars",
      text: (row) => known(row.aggregate_vwap, price(row.aggregate_vwap)),
    },
    {
      key: "prev_day_close",
      title: "Prev close",
      about: "Previous close, dollars",
      text: (row) => price(row.prev_day_close),
    },
  ];
}
