// What comes from outside, validated in one place: whatever is published or answered, the page goes on.

// The last instant that a Date can be.
const LATEST = 8.64e15;
const TIME_OF_DAY = /^\d\d:\d\d$/;

/** JSON that was read already, or its text; undefined: it is none. */
function read(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isInstant(value) {
  return typeof value === "number" && value >= 0 && value <= LATEST;
}

/** A row with its symbol and those of its numbers that are some; null: it is no row. */
function row(value) {
  if (value === null || typeof value !== "object" || typeof value.symbol !== "string") return null;
  for (const [field, held] of Object.entries(value)) {
    if (field === "symbol") continue;
    const sound = field.endsWith("_timestamp") ? isInstant(held) : typeof held === "number" && Number.isFinite(held);
    if (!sound) delete value[field];
  }
  return value;
}

/** The rows of a board, as published or as the cache held them; null: it is no board. */
export function rowsOf(data) {
  const found = read(data);
  if (found === null) return [];
  if (!Array.isArray(found)) return null;
  const rows = found.map(row);
  return rows.includes(null) ? null : rows;
}

/** A quote; null: there is none; undefined: it is no quote. */
export function quoteOf(data) {
  const found = read(data);
  return found === null ? null : row(found ?? null) ?? undefined;
}

/** The gateway's answer in a message; null: it is something else. */
export function answerOf(text) {
  // Only what the gateway itself says starts so; a board is an array, a quote starts with its symbol.
  if (!text.startsWith('{"status"') && !text.startsWith('{"cache"')) return null;
  return read(text) ?? null;
}

/** The gateway's status; null: it is none. */
export function statusOf(answer) {
  if (!isInstant(answer?.now)) return null;
  const { session, published_at: published, newest_bar: newest, close, trading_end: end } = answer;
  const known = typeof session?.day === "string" && !Number.isNaN(Date.parse(session.day));
  return {
    now: answer.now,
    clock: answer.clock,
    session: known ? session : null,
    published_at: isInstant(published) ? published : null,
    newest_bar: isInstant(newest) ? newest : null,
    close: TIME_OF_DAY.test(close) ? close : undefined,
    trading_end: TIME_OF_DAY.test(end) ? end : undefined,
  };
}

/** Whether a part of the system is not well, as far as health tells. */
export function isAmiss(health, part) {
  return health?.parts?.[part]?.ok === false;
}
