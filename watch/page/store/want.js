// What is wanted of a board.

/**
 * Some fields of its rows, and so many of the best. Without them: all.
 *
 * @typedef {{ fields?: string[], limit?: number }} Want
 */

/**
 * What brings all of them what they want.
 *
 * @param {Want[]} wants
 * @returns {Want}
 */
export function union(wants) {
  const fields = wants.every((want) => want.fields) ? wants.flatMap((want) => want.fields ?? []) : undefined;
  const limit = Math.max(...wants.map((want) => want.limit ?? Infinity));
  return { fields: fields && [...new Set(fields)].sort(), limit: limit === Infinity ? undefined : limit };
}
