// Requests to the gateway over HTTP.

import { knownKey } from "./api-key.js";

const TIMEOUT_MS = 4_000;

/**
 * The gateway's answer, whatever its status.
 *
 * @param {string} path
 * @returns {Promise<any>} JSON, unvalidated
 * @throws where the gateway does not answer in time, or not in JSON
 */
export async function ask(path) {
  const key = knownKey();
  const response = await fetch(path, {
    headers: key === null ? {} : { "X-API-Key": key },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return response.json();
}
