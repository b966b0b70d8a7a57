// By how many places a symbol moved on its board within a minute.

/**
 * @typedef {object} Move
 * @property {"up" | "down" | "new" | ""} direction empty: it did not move, or nobody knows
 * @property {string} text for a cell: `▲3`, `▼12`, `new`
 * @property {string} words for who does not see it
 */

/** @type {Move} */
const NONE = { direction: "", text: "", words: "" };

/**
 * @param {number | undefined} rank
 * @param {number | null | undefined} before the rank a minute ago; null: the symbol was not on the board; undefined:
 *   unknown
 * @returns {Move}
 */
export function moveOf(rank, before) {
  if (rank === undefined || before === undefined) return NONE;
  if (before === null) return { direction: "new", text: "new", words: "new: not on the board a minute ago" };
  const places = Math.abs(before - rank);
  if (places === 0) return NONE;
  const direction = before > rank ? "up" : "down";
  const arrow = direction === "up" ? "\u25b2" : "\u25bc";
  return { direction, text: `${arrow}${places}`, words: `${direction} ${places}` };
}
