// A shared worker: all windows of the page follow their feeds by one WebSocket. Each window has a port to it.

import { Hub } from "./hub.js";

/** @import { Message, Request } from "./hub.js" */

/**
 * What a window says, besides what it asks of the hub: `join` comes first. `hold`: it holds this lock as long as it lives.
 *
 * @typedef {{ action: "join", key: string | null } | { action: "hold", lock: string } | { action: "leave" } | Request} Said
 */

/** By API key: nobody sees by another's key. @type {Map<string | null, Hub>} */
const hubs = new Map();

/** @param {MessagePort} port of a window */
function serve(port) {
  /** @type {Hub | null} */
  let hub = null;
  const follower = (/** @type {Message} */ message) => port.postMessage(message);
  const leave = () => {
    if (hub) leaveHub(hub, follower);
    hub = null;
    port.close();
  };
  port.addEventListener("message", (/** @type {MessageEvent<Said>} */ { data }) => {
    if (data.action === "join") hub = joinHub(data.key, follower);
    // A window that crashes says nothing, but its lock is free then.
    else if (data.action === "hold") void navigator.locks.request(data.lock, leave);
    else if (data.action === "leave") leave();
    else hub?.request(follower, data);
  });
  port.start();
}

/**
 * @param {string | null} key
 * @param {(message: Message) => void} follower
 */
function joinHub(key, follower) {
  const hub = hubs.get(key) ?? new Hub(key);
  hubs.set(key, hub);
  hub.join(follower);
  return hub;
}

/**
 * @param {Hub} hub
 * @param {(message: Message) => void} follower
 */
function leaveHub(hub, follower) {
  hub.leave(follower);
  for (const [key, each] of hubs) if (each === hub && hub.size === 0) hubs.delete(key);
}

addEventListener("connect", (event) => serve(/** @type {MessageEvent} */ (event).ports[0]));
