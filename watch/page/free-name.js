// Names that users give.

/**
 * A name that is not taken yet: the wanted one, or the same with a number.
 *
 * @param {string} wanted
 * @param {string[]} taken
 */
export function freeName(wanted, taken) {
  if (!taken.includes(wanted)) return wanted;
  let n = 2;
  while (taken.includes(`${wanted} ${n}`)) n += 1;
  return `${wanted} ${n}`;
}
