// Requests that a test answers by hand.

/**
 * A request, and how to answer it.
 *
 * @typedef {object} Request
 * @property {URLSearchParams} asked what follows the question mark
 * @property {(status: number, body: object, headers?: Record<string, string>) => Promise<void>} answer
 */

/**
 * Takes the place of `fetch`, and has the window be the global object.
 *
 * @returns {Request[]} those that were sent; more are added
 */
export function takeRequests() {
  /** @type {Request[]} */
  const requests = [];
  Object.assign(globalThis, {
    window: globalThis,
    /** @param {string} path */
    fetch: (path) => {
      return new Promise((resolve) => {
        requests.push({
          asked: new URLSearchParams(path.split("?")[1]),
          answer: async (status, body, headers = {}) => {
            resolve(new Response(JSON.stringify(body), { status, headers }));
            await new Promise((done) => setImmediate(done));
          },
        });
      });
    },
  });
  return requests;
}

/** Give the window back. */
export function giveBack() {
  Reflect.deleteProperty(globalThis, "window");
}
