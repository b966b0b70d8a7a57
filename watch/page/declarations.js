// Which boards there are and what a row's fields are. The server declares them (watch/declarations.py) and writes
// them into the page.

/**
 * A board, or a screen.
 *
 * @typedef {object} Board
 * @property {string} name in addresses and ids: `gainers`
 * @property {string} title
 * @property {string} caption what ranks it, in a few words
 * @property {string} feed the channel and cache key: `scanners:top_gainers`
 * @property {string} field the row's field that ranks it
 * @property {"descending" | "ascending"} order whether the highest or the lowest value ranks first
 * @property {string[]} conditions that its rows satisfy: `close >= 2`
 * @property {string[]} hours of `pre`, `regular` and `post`, to which its rows' newest bars belong; empty: any
 * @property {"close" | "open"} change_since which change to show beside its rows: since the previous close, or since
 *   the session's open
 */

/**
 * A field of a row that holds a number.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} title short enough for a column
 * @property {string} about the title at length
 * @property {string} unit `dollars`, `dollar amount`, `percent`, `shares`, `times`, `count` or `milliseconds`, a Unix
 *   time
 * @property {boolean} signed whether rises and falls are shown, by the sign and by colour
 * @property {number} [seconds] how long before, of a field that compares a row with itself some time before
 * @property {string[]} unknown_if_zero fields that are all 0 where nobody knows this one; empty: it is always known
 */

/**
 * @typedef {object} Declarations
 * @property {Board[]} boards in the order in which they are shown
 * @property {Field[]} fields in the order of the row's JSON
 * @property {Field[]} windows those that screens' rows have besides; unknown where a row lacks one
 * @property {boolean} has_history whether this gateway knows what is recorded: candles, and the past
 */

/**
 * What the server wrote into the page.
 *
 * @returns {Declarations}
 */
export function declarations() {
  return JSON.parse(document.getElementById("declarations")?.textContent ?? "");
}
