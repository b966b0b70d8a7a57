// Requests to the gateway over HTTP.

import { knownKey } from "./api-key.js";

const TIMEOUT_MS = 4_000;
/** Queries over history may wait for others. */
const PATIENT_TIMEOUT_MS = 20_000;

/**
 * The gateway's answer, whatever its status.
 *
 * @param {string} path
 * @returns {Promise<any>} JSON, unvalidated
 * @throws where the gateway does not answer in time, or not in JSON
 */
export async function ask(path) {
  return (await request(path, TIMEOUT_MS)).json();
}

/**
 * The gateway's answer to a query over history, whatever its status.
 *
 * @param {string} path
 * @returns {Promise<Response>}
 * @throws where the gateway does not answer in time
 */
export function askHistory(path) {
  return request(path, PATIENT_TIMEOUT_MS);
}

/**
 * @param {string} path
 * @param {number} timeout milliseconds
 */
function request(path, timeout) {
  const key = knownKey();
  return fetch(path, {
    headers: key === null ? {} : { "X-API-Key": key },
    cache: "no-store",
    signal: AbortSignal.timeout(timeout),
  });
}
