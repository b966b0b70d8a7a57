// How panes stand beside and below each other, and what their sizes are.

/** A board with six columns of numbers needs as much. */
export const NARROWEST_PANE = 300;
/** A heading, titles and some rows. */
const LOWEST_PANE = 180;
export const SMALLEST_SHARE = 0.25;
export const LARGEST_SHARE = 4;

/** A pane's place, or a border's, pixels. @typedef {{ left: number, top: number, width: number, height: number }} Place */

/**
 * How many panes stand in each row: as many as fit, and about as many in each.
 *
 * @param {number} panes
 * @param {number} width of the room for all of them, pixels
 * @returns {number[]}
 */
export function rowSizes(panes, width) {
  if (panes === 0) return [];
  const beside = Math.max(1, Math.min(panes, Math.floor(width / NARROWEST_PANE)));
  const rows = Math.ceil(panes / beside);
  return Array.from({ length: rows }, (_, i) => Math.floor(panes / rows) + (i < panes % rows ? 1 : 0));
}

/**
 * Where each pane stands.
 *
 * @param {object} room for all of them
 * @param {number} room.width pixels
 * @param {number} room.height pixels; where rows would get too low they are scrolled
 * @param {number} room.gap between two panes, pixels
 * @param {number[]} widths the share of each pane in its row; 1 is the usual one
 * @param {number[]} heights the share of each row; a missing one is 1
 * @returns {Place[]}
 */
export function places({ width, height, gap }, widths, heights) {
  const sizes = rowSizes(widths.length, width);
  const shares = sizes.map((_, row) => heights[row] ?? 1);
  const whole = Math.max(height, sizes.length * (LOWEST_PANE + gap) - gap);
  const rows = spread(whole, gap, shares);
  return sizes.flatMap((size, row) => {
    const first = sizes.slice(0, row).reduce((sum, each) => sum + each, 0);
    return spread(width, gap, widths.slice(first, first + size)).map(({ start, length }) => {
      return { left: start, top: rows[row].start, width: length, height: rows[row].length };
    });
  });
}

/**
 * Parts of a length by their shares.
 *
 * @param {number} whole
 * @param {number} gap between two of them
 * @param {number[]} shares
 */
function spread(whole, gap, shares) {
  const all = shares.reduce((sum, share) => sum + share, 0);
  const room = whole - gap * (shares.length - 1);
  let start = 0;
  return shares.map((share) => {
    const part = { start, length: Math.floor((room * share) / all) };
    start += part.length + gap;
    return part;
  });
}

/**
 * Shares of two neighbours after the border between them was moved. No share gets smaller than a quarter of the usual
 * one.
 *
 * @param {number[]} shares 1 is the usual one
 * @param {number} border between `border` and the next
 * @param {number} by how much, in shares
 * @returns {number[]}
 */
export function resized(shares, border, by) {
  const [first, second] = [shares[border], shares[border + 1]];
  const within = Math.max(SMALLEST_SHARE - first, Math.min(by, second - SMALLEST_SHARE));
  return shares.map((share, i) => (i === border ? first + within : i === border + 1 ? second - within : share));
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} from
 * @param {number} to
 * @returns {T[]} with one of them in another place
 */
export function moved(list, from, to) {
  const rest = list.toSpliced(from, 1);
  return rest.toSpliced(Math.max(0, Math.min(to, rest.length)), 0, list[from]);
}
