// Names that users give.

/**
 * A name that is not taken yet: the wanted one, or the same with a number.
 *
 * @param {string} wanted
 * @param {string[]} taken
 * @param {string} [gap] before the number
 */
export function freeName(wanted, taken, gap = " ") {
  if (!taken.includes(wanted)) return wanted;
  let n = 2;
  while (taken.includes(`${wanted}${gap}${n}`)) n += 1;
  return `${wanted}${gap}${n}`;
}
