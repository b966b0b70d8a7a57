// What a symbol is, and which one a person means.

/** As in leaderboard/event.py: anything else is refused without asking the gateway. */
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9.\-+=^/_]{0,23}$/;

/** @param {string} text */
export function isSymbol(text) {
  return SYMBOL.test(text);
}

/**
 * Symbols that begin with these letters, in any case.
 *
 * @param {string} letters
 * @param {string[]} symbols
 */
export function completions(letters, symbols) {
  const capitals = letters.toUpperCase();
  return capitals ? symbols.filter((symbol) => symbol.toUpperCase().startsWith(capitals)) : [];
}

/**
 * What a person may have meant by a symbol that is unknown. Some symbols have small letters (BRKpA): the only one on
 * the boards that differs in case, then the one in capitals, as most are.
 *
 * @param {string} typed
 * @param {string[]} symbols on the boards
 */
export function alternatives(typed, symbols) {
  const capitals = typed.toUpperCase();
  const alike = symbols.filter((symbol) => symbol.toUpperCase() === capitals);
  return alike.length === 1 ? [alike[0], capitals] : [capitals];
}
