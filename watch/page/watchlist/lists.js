// Lists of symbols, as values. watchlists.js stores them.

import { freeName } from "../free-name.js";
import { isSymbol } from "../quote/symbols.js";

/** @typedef {{ name: string, symbols: string[] }} List */

export const MOST_LISTS = 30;
/** Each is followed by a feed of its own. */
export const MOST_SYMBOLS = 100;
export const LONGEST_NAME = 40;

/**
 * Lists that were stored, imported or linked.
 *
 * @param {unknown} value
 * @returns {List[]} those that are valid, each name once
 */
export function readLists(value) {
  if (!Array.isArray(value)) return [];
  const lists = value.flatMap((each) => readList(each) ?? []);
  return lists.filter(({ name }, i) => lists.findIndex((other) => other.name === name) === i).slice(0, MOST_LISTS);
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
  return [...new Set(symbols)].slice(0, MOST_SYMBOLS);
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
 * Lists and those that were imported. None is lost: an imported one whose name is taken by another gets a free name.
 *
 * @param {List[]} lists
 * @param {List[]} imported
 */
export function merged(lists, imported) {
  const all = [...lists];
  for (const list of imported) {
    const symbols = list.symbols.join();
    if (all.some((each) => each.name === list.name && each.symbols.join() === symbols)) continue;
    all.push({ ...list, name: freeName(list.name, all.map(({ name }) => name)) });
  }
  return all.slice(0, MOST_LISTS);
}
