// Which symbols have stopped trading, judged by their rows alone: every page says the same, also one just opened.

/** @import { Row } from "./row.js" */
/** @import { Trading } from "./status/calendar.js" */

const STOPPED_SECONDS = 120;
/** Of a busy symbol: it uses to trade every few seconds. */
const BUSY_STOPPED_SECONDS = 30;
/** Shares a minute since the open, on average, from which on a symbol is busy. */
const BUSY_SHARES = 10_000;
/** At the open, what was traded before it counts as so many minutes of it. */
const BEFORE_OPEN_MINUTES = 10;

/**
 * For how long a symbol that stopped trading has not traded: two minutes or more; half a minute or more within the
 * regular hours if it is busy.
 *
 * @param {Row | undefined} row undefined: unknown
 * @param {Trading | null} trading the market while it trades; null: it is closed, or nobody knows
 * @returns {number} seconds; 0: it trades, or nobody knows
 */
export function stoppedFor(row, trading) {
  if (trading === null || row?.end_timestamp === undefined) return 0;
  const seconds = (trading.time - row.end_timestamp) / 1000;
  return seconds >= (isBusy(row, trading) ? BUSY_STOPPED_SECONDS : STOPPED_SECONDS) ? seconds : 0;
}

/**
 * @param {Row} row
 * @param {Trading} trading
 */
function isBusy({ accumulated_volume: volume = 0 }, { time, hours: { open, close } }) {
  const minutes = (time - open) / 60_000;
  return minutes >= 0 && time < close && volume >= BUSY_SHARES * (minutes + BEFORE_OPEN_MINUTES);
}

/**
 * `45s`, `4m`, `3h`: short enough for a cell.
 *
 * @param {number} seconds
 */
export function shortAge(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`;
}
