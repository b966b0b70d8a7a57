// Validates what comes from the gateway. Whatever is published or answered, the page keeps running.

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
 * @property {string} [close] of the session's regular hours, New York's time of day: `16:00`
 * @property {string} [trading_end] of the session's day, New York's time of day
 */

/** What the gateway answers on a WebSocket. @typedef {Record<string, unknown>} Answer */

/** The latest instant that a Date can hold. */
const LATEST = 8.64e15;
const TIME_OF_DAY = /^\d\d:\d\d$/;

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
function isInstant(value) {
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
 * @param {unknown} value
 * @returns {Row | null} without those fields that are not numbers; null: it is not a row.
 */
function readRow(value) {
  if (!isObject(value) || typeof value.symbol !== "string") return null;
  for (const [field, content] of Object.entries(value)) {
    if (field === "symbol") continue;
    const isValid = field.endsWith("_timestamp") ? isInstant(content) : Number.isFinite(content);
    if (!isValid) delete value[field];
  }
  return /** @type {Row} */ (value);
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
 * @param {any} answer of `/api/status`
 * @returns {Status | null} null: it is not a status.
 */
export function readStatus(answer) {
  if (!isInstant(answer?.now)) return null;
  const { now, clock, session, published_at: publishedAt, newest_bar: newestBar, close, trading_end: end } = answer;
  const hasDay = typeof session?.day === "string" && !Number.isNaN(Date.parse(session.day));
  return {
    now,
    clock,
    session: hasDay ? session : null,
    published_at: isInstant(publishedAt) ? publishedAt : null,
    newest_bar: isInstant(newestBar) ? newestBar : null,
    close: TIME_OF_DAY.test(close) ? close : undefined,
    trading_end: TIME_OF_DAY.test(end) ? end : undefined,
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
