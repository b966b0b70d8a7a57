// Validates what comes from the gateway. Whatever is published or answered, the page keeps running.

/** @import { Board } from "../declarations.js" */
/** @import { Row } from "../row.js" */

/**
 * The gateway's status.
 *
 * @typedef {object} Status
 * @property {number} now the server's time, Unix milliseconds
 * @property {unknown} clock whose time the boards follow: `wall`, or the events'
 * @property {{ day: string, phase?: unknown } | null} session that the boards show; null: there was none yet
 * @property {number | null} published_at when boards were last published, Unix milliseconds
 * @property {number | null} newest_bar when the market's newest bar ended, Unix milliseconds
 * @property {number | null} windows_since since when rows are recorded for fields that compare with minutes before
 */

/** What the gateway answers on a WebSocket. @typedef {Record<string, unknown>} Answer */

/** The latest instant that a Date can hold. */
const LATEST = 8.64e15;

/**
 * @param {unknown} data JSON as text, or parsed already
 * @returns {any} undefined: it is not JSON.
 */
function parse(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
export function isInstant(value) {
  return typeof value === "number" && value >= 0 && value <= LATEST;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/**
 * Whether a field of a row may hold this.
 *
 * @param {string} field
 * @param {unknown} value
 */
function isFieldValue(field, value) {
  return /_(timestamp|at)$/.test(field) ? isInstant(value) : Number.isFinite(value);
}

/**
 * Whether something is a row, or a part of one with its symbol.
 *
 * @param {unknown} value
 * @returns {value is { symbol: string, [field: string]: unknown }}
 */
export function isRowPatch(value) {
  return isObject(value) && typeof value.symbol === "string";
}

/**
 * A row after some of its fields have changed.
 *
 * @param {Row | undefined} before undefined: there was none
 * @param {{ symbol: string, [field: string]: unknown }} patch the fields that have changed
 * @returns {Row} without those fields that are not numbers
 */
export function mergedRow(before, patch) {
  const row = /** @type {Row} */ ({ ...before, symbol: patch.symbol });
  for (const [field, value] of Object.entries(patch)) {
    if (field === "symbol") continue;
    if (isFieldValue(field, value)) row[field] = /** @type {number} */ (value);
    else delete row[field];
  }
  return row;
}

/**
 * @param {unknown} value
 * @returns {Row | null} without those fields that are not numbers; null: it is not a row.
 */
function readRow(value) {
  return isRowPatch(value) ? mergedRow(undefined, value) : null;
}

/**
 * The rows of a board, as published or cached.
 *
 * @param {unknown} data
 * @returns {Row[] | null} null: it is not a board.
 */
export function readRows(data) {
  const value = parse(data);
  if (value === null) return [];
  if (!Array.isArray(value)) return null;
  const rows = value.map(readRow).filter((row) => row !== null);
  return rows.length === value.length ? rows : null;
}

/**
 * Where the symbols of a board stood a minute ago.
 *
 * @param {any} answer of `/api/boards/NAME/moves`
 * @returns {Map<string, number> | null} null: nobody knows
 */
export function readPastRanks(answer) {
  if (!isObject(answer?.ranks) || !isInstant(answer.published_at)) return null;
  return new Map(Object.entries(answer.ranks).map(([symbol, rank]) => [symbol, Number(rank)]));
}

/**
 * The sessions' prices of some symbols.
 *
 * @param {any} answer of `/api/sparklines`
 * @returns {Map<string, number[]>} by symbol
 */
export function readSparklines(answer) {
  if (!isObject(answer?.closes)) return new Map();
  const lines = Object.entries(answer.closes).map(([symbol, closes]) => {
    // Null: it had not traded yet, or nobody knows.
    return /** @type {const} */ ([symbol, Array.isArray(closes) ? closes.filter(Number.isFinite) : []]);
  });
  return new Map(lines);
}

/** A board's or screen's, in ids of elements. */
const NAME = /^[a-z0-9_]+$/;

/**
 * Boards and screens, as the gateway describes them or the browser stored them.
 *
 * @param {any} value
 * @returns {Board[]} those that are valid, each name once
 */
export function readBoards(value) {
  if (!Array.isArray(value)) return [];
  const boards = value.flatMap((each) => readBoard(each) ?? []);
  return boards.filter(({ name }, i) => boards.findIndex((other) => other.name === name) === i);
}

/**
 * @param {any} value
 * @returns {Board | null}
 */
function readBoard(value) {
  if (!isObject(value)) return null;
  const { name, title, caption, feed, field, order, conditions, hours, change_since: since } = value;
  const isText = [name, title, caption, feed, field].every((text) => typeof text === "string");
  if (!isText || !NAME.test(String(name)) || (since !== "close" && since !== "open")) return null;
  return /** @type {Board} */ ({
    name,
    title,
    caption,
    feed,
    field,
    order: order === "ascending" ? order : "descending",
    conditions: readTexts(conditions),
    hours: readTexts(hours),
    change_since: since,
  });
}

/**
 * @param {unknown} value
 * @returns {string[]} without what is no text
 */
function readTexts(value) {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/**
 * A quote, as published or cached.
 *
 * @param {unknown} data
 * @returns {Row | null | undefined} null: there is none; undefined: it is not a quote.
 */
export function readQuote(data) {
  const value = parse(data);
  return value === null ? null : readRow(value) ?? undefined;
}

/**
 * The gateway's answer in a message.
 *
 * @param {string} text
 * @returns {Answer | null} null: the message was published.
 */
export function readAnswer(text) {
  // Only the gateway's own messages start so: a board is an array, and a quote starts with its symbol.
  if (!text.startsWith('{"status"') && !text.startsWith('{"cache"')) return null;
  return parse(text) ?? null;
}

/**
 * An envelope or a delta.
 *
 * @param {string} text
 * @returns {Record<string, unknown>} empty: it is neither.
 */
export function readPublication(text) {
  const value = parse(text);
  return isObject(value) ? value : {};
}

/**
 * @param {any} answer of `/api/status`
 * @returns {Status | null} null: it is not a status.
 */
export function readStatus(answer) {
  if (!isInstant(answer?.now)) return null;
  const { now, clock, session, published_at: publishedAt, newest_bar: newestBar, windows_since: since } = answer;
  const hasDay = typeof session?.day === "string" && !Number.isNaN(Date.parse(session.day));
  return {
    now,
    clock,
    session: hasDay ? session : null,
    published_at: isInstant(publishedAt) ? publishedAt : null,
    newest_bar: isInstant(newestBar) ? newestBar : null,
    windows_since: isInstant(since) ? since : null,
  };
}

/**
 * Whether the gateway says that a part of the system is not well.
 *
 * @param {any} health the answer of `/healthz`
 * @param {string} part
 */
export function isUnwell(health, part) {
  return health?.parts?.[part]?.ok === false;
}
