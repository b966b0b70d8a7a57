// Screens by fields that compare with minutes before have no rows until so much time has been recorded.

import { readCondition } from "./draft.js";

/** @import { Board, Field } from "../../declarations.js" */

/**
 * How far back a board has to look.
 *
 * @param {Board} board
 * @param {Field[]} fields all that there are
 * @returns {number} seconds; 0: it needs no past
 */
export function secondsNeeded({ field, conditions }, fields) {
  const read = conditions.flatMap((text) => {
    const condition = readCondition(text);
    return condition ? [condition.field, ...(condition.right.match(/[a-z]\w*/gi) ?? [])] : [];
  });
  const names = new Set([field, ...read]);
  return Math.max(0, ...fields.map(({ name, seconds = 0 }) => (names.has(name) ? seconds : 0)));
}

/**
 * What a board that looks so far back lacks, in a sentence; empty: it needs no past.
 *
 * @param {number} needed seconds
 */
export function lacksText(needed) {
  if (needed === 0) return "";
  return `Symbols that first traded within the last ${minutesText(needed)} are not on it yet.`;
}

/** @param {number} seconds */
function minutesText(seconds) {
  return seconds <= 60 ? "minute" : `${Math.round(seconds / 60)} minutes`;
}

/**
 * `Needs 5 minutes of trading: first rows in 3:20`; empty: the time has passed, or nobody knows.
 *
 * @param {number} needed seconds
 * @param {number | null} recorded seconds; null: unknown
 */
export function fillingText(needed, recorded) {
  if (recorded === null || recorded >= needed) return "";
  const left = Math.ceil(needed - recorded);
  const minutes = `${needed <= 60 ? "a " : ""}${minutesText(needed)}`;
  return `Needs ${minutes} of trading: first rows in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
