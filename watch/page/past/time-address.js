// The second that the desk shows in the address of the page, so that it can be shared.

/** @import { DeskTime } from "./desk-time.js" */

const PARAMETER = "at";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** Who plays or drags a slider passes many seconds: only those at which they stay become part of the address. */
const STAY_MS = 1_500;

/** The second that the address names, Unix milliseconds; null: none. */
export function addressedTime() {
  const text = new URL(location.href).searchParams.get(PARAMETER) ?? "";
  const at = TIME.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

/**
 * Have the address name the second from now on.
 *
 * @param {DeskTime} time
 */
export function keepTimeInAddress(time) {
  let timer = 0;
  time.watch(() => {
    clearTimeout(timer);
    timer = window.setTimeout(() => write(time.at), time.isLive ? 0 : STAY_MS);
  });
}

/** @param {number | null} at Unix milliseconds; null: live */
function write(at) {
  const url = new URL(location.href);
  if (at === null) url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, new Date(at).toISOString().replace(".000Z", "Z"));
  history.replaceState(history.state, "", url);
}
