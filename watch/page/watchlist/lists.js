// Lists of symbols, as values. watchlists.js stores them.

import { freeName } from "../free-name.js";
import { isSymbol } from "../quote/symbols.js";

/** @typedef {{ name: string, symbols: string[] }} List */

/**
 * Lists and those that were imported.
 *
 * @typedef {object} Merged
 * @property {List[]} lists
 * @property {List[]} taken of those that were imported
 * @property {number} known lists that were there already
 * @property {number} leftOut lists for which there was no room
 * @property {number} cut symbols for which there was no room
 */

/**
 * What becomes of symbols that are added to a list.
 *
 * @typedef {object} Addition
 * @property {string[]} symbols of the list from then on
 * @property {string[]} taken
 * @property {string[]} leftOut for which there is no room
 */

export const MOST_LISTS = 30;
/** Each is followed by a feed of its own. */
export const MOST_SYMBOLS = 100;
export const LONGEST_NAME = 40;
/** More symbols make no sentence. */
const MOST_NAMED = 6;

/**
 * Lists that were stored, imported or linked.
 *
 * @param {unknown} value
 * @returns {List[]} those that are valid, each name once
 */
export function readLists(value) {
  if (!Array.isArray(value)) return [];
  const lists = value.flatMap((each) => readList(each) ?? []);
  return lists.filter(({ name }, i) => lists.findIndex((other) => other.name === name) === i);
}

/**
 * @param {any} value
 * @returns {List | null} null: it is none
 */
export function readList(value) {
  const name = typeof value?.name === "string" ? readName(value.name) : "";
  if (name === "" || !Array.isArray(value.symbols)) return null;
  return { name, symbols: readSymbols(value.symbols) };
}

/**
 * @param {string} text
 * @returns {string} empty: it is no name
 */
export function readName(text) {
  return text.replace(/\s+/g, " ").trim().slice(0, LONGEST_NAME);
}

/**
 * @param {unknown[]} values
 * @returns {string[]} those that are symbols, each once
 */
export function readSymbols(values) {
  const symbols = values.filter((value) => typeof value === "string").filter(isSymbol);
  return [...new Set(symbols)];
}

/**
 * The symbols in a text, as a person types or pastes them: between commas, spaces or lines.
 *
 * @param {string} text
 */
export function symbolsIn(text) {
  return readSymbols(text.split(/[\s,;]+/));
}

/**
 * Symbols of a list, and others behind them as far as there is room.
 *
 * @param {string[]} symbols
 * @param {string[]} added some of them may be there already
 * @returns {Addition}
 */
export function withAdded(symbols, added) {
  const fresh = [...new Set(added)].filter((symbol) => !symbols.includes(symbol));
  const room = Math.max(0, MOST_SYMBOLS - symbols.length);
  const taken = fresh.slice(0, room);
  return { symbols: [...symbols, ...taken], taken, leftOut: fresh.slice(room) };
}

/**
 * @param {Addition} addition
 * @param {string} name of the list
 * @returns {string} what became of it, in a sentence
 */
export function additionText({ taken, leftOut }, name) {
  if (leftOut.length > 0) {
    return `Took ${taken.length}, left out ${leftOut.length}: the list is full at ${MOST_SYMBOLS}.`;
  }
  if (taken.length === 0) return `${name} has that already.`;
  return `${taken.length > MOST_NAMED ? `${taken.length} symbols` : taken.join(", ")} added to ${name}.`;
}

/**
 * @param {string[]} symbols
 * @param {string} symbol one of them
 * @param {number} step by how many places it is moved; beyond either end it stays there
 */
export function movedBy(symbols, symbol, step) {
  const from = symbols.indexOf(symbol);
  const to = Math.max(0, Math.min(from + step, symbols.length - 1));
  return symbols.toSpliced(from, 1).toSpliced(to, 0, symbol);
}

/**
 * A list after one of its changes was taken back: what came by it goes, what went comes back to its place, and what was
 * changed otherwise stays.
 *
 * @param {string[]} symbols as they are now
 * @param {string[]} before the change
 * @param {string[]} after it
 */
export function reverted(symbols, before, after) {
  const kept = symbols.filter((symbol) => before.includes(symbol) || !after.includes(symbol));
  const gone = before.filter((symbol) => !after.includes(symbol) && !kept.includes(symbol));
  return gone.reduce((list, symbol) => list.toSpliced(before.indexOf(symbol), 0, symbol), kept);
}

/**
 * Lists and those that were imported. None is lost to another: one whose name is taken gets a free name.
 *
 * @param {List[]} lists
 * @param {List[]} imported
 * @returns {Merged}
 */
export function merged(lists, imported) {
  const isKnown = (/** @type {List} */ { name, symbols }) =>
    lists.some((each) => each.name === name && each.symbols.join() === symbols.join());
  const fresh = imported.filter((list) => !isKnown(list));
  const room = Math.max(0, MOST_LISTS - lists.length);
  const all = [...lists];
  for (const { name, symbols } of fresh.slice(0, room)) {
    all.push({ name: freeName(name, all.map((each) => each.name)), symbols: symbols.slice(0, MOST_SYMBOLS) });
  }
  return {
    lists: all,
    taken: all.slice(lists.length),
    known: imported.length - fresh.length,
    leftOut: Math.max(0, fresh.length - room),
    cut: fresh.slice(0, room).reduce((sum, { symbols }) => sum + Math.max(0, symbols.length - MOST_SYMBOLS), 0),
  };
}
