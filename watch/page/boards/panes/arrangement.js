// How panes stand beside and below each other, and what their sizes are.

/** A board with six columns of numbers needs as much. */
export const NARROWEST_PANE = 300;
/** A heading, titles and some rows. */
const LOWEST_PANE = 180;
export const SMALLEST_SHARE = 0.25;
export const LARGEST_SHARE = 4;

/** A pane's place, or a border's, pixels. @typedef {{ left: number, top: number, width: number, height: number }} Place */

/**
 * What a pane asks of its row.
 *
 * @typedef {object} PaneWidth
 * @property {number} share of the row's width; 1 is the usual one
 * @property {number} needed pixels without which it says too little: they decide how many panes stand in a row. Only a
 *   pane that its user has made narrower gets fewer.
 * @property {number} wanted pixels in which its columns fit: it gets as many as its neighbours have to spare
 */

/**
 * How many panes stand in each row: as many as fit, and about as many in each.
 *
 * @param {number[]} needed the pixels without which each pane says too little
 * @param {number} width of the room for all of them, pixels
 * @param {number} gap between two panes, pixels
 * @returns {number[]}
 */
export function rowSizes(needed, width, gap) {
  const panes = needed.length;
  for (let rows = 1; rows <= panes; rows++) {
    const sizes = Array.from({ length: rows }, (_, i) => Math.floor(panes / rows) + (i < panes % rows ? 1 : 0));
    if (rows === panes || inRows(needed, sizes).every((row) => sum(row) + gap * (row.length - 1) <= width)) return sizes;
  }
  return [];
}

/**
 * @template T
 * @param {T[]} panes
 * @param {number[]} sizes how many of them each row has
 * @returns {T[][]}
 */
function inRows(panes, sizes) {
  let first = 0;
  return sizes.map((size) => panes.slice(first, (first += size)));
}

/**
 * Where each pane stands.
 *
 * @param {object} room for all of them
 * @param {number} room.width pixels
 * @param {number} room.height pixels; where rows would get too low they are scrolled
 * @param {number} room.gap between two panes, pixels
 * @param {PaneWidth[]} widths of the panes
 * @param {number[]} heights the share of each row; a missing one is 1
 * @returns {Place[]}
 */
export function places({ width, height, gap }, widths, heights) {
  const rows = inRows(widths, rowSizes(widths.map(({ needed }) => needed), width, gap));
  const whole = Math.max(height, rows.length * (LOWEST_PANE + gap) - gap);
  const lines = spread(whole, gap, rows.map((_, row) => ({ share: heights[row] ?? 1, needed: 0, wanted: 0 })));
  return rows.flatMap((row, i) => spread(width, gap, row).map(({ start, length }) => {
    return { left: start, top: lines[i].start, width: length, height: lines[i].length };
  }));
}

/**
 * Parts of a length by their shares.
 *
 * @param {number} whole
 * @param {number} gap between two of them
 * @param {PaneWidth[]} parts
 */
function spread(whole, gap, parts) {
  let start = 0;
  return lengthsOf(whole - gap * (parts.length - 1), parts).map((length) => {
    const part = { start, length: Math.floor(length) };
    start += part.length + gap;
    return part;
  });
}

/**
 * Lengths by shares. A part that would be too short gets what it lacks of those that are longer than they have to be.
 *
 * @param {number} room
 * @param {PaneWidth[]} all
 */
function lengthsOf(room, all) {
  const isEnough = sum(all.map(({ needed }) => needed)) <= room;
  const parts = leasts(room, all);
  /** @type {Set<{ least: number }>} */
  const short = new Set();
  for (;;) {
    const left = room - sum([...short].map(({ least }) => least));
    const shares = sum(parts.map((part) => (short.has(part) ? 0 : part.share)));
    const lengths = parts.map((part) => (short.has(part) ? part.least : (left * part.share) / shares));
    const more = parts.filter((part, i) => isEnough && part.share >= 1 && lengths[i] < part.least);
    if (more.length === 0) return lengths;
    for (const part of more) short.add(part);
  }
}

/**
 * The least length of each part: what it needs, and of what it wants besides as much as there is room for.
 *
 * @param {number} room
 * @param {PaneWidth[]} parts
 */
function leasts(room, parts) {
  const spare = Math.max(0, room - sum(parts.map(({ needed }) => needed)));
  const wishes = sum(parts.map(({ needed, wanted }) => wanted - needed));
  const part = wishes > spare ? spare / wishes : 1;
  return parts.map(({ share, needed, wanted }) => ({ share, least: Math.floor(needed + (wanted - needed) * part) }));
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, number) => all + number, 0);
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
