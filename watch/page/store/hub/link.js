// The page's way to a hub: the one that all windows share, where the browser has shared workers, else one of its own.

import { Hub } from "./hub.js";

/** @import { Message, Request } from "./hub.js" */
/** @import { Said } from "./shared-hub.js" */

/**
 * A connection to a hub.
 *
 * @typedef {object} Session
 * @property {(request: Request) => void} send
 * @property {() => void} close
 */

const WORKER = new URL("shared-hub.js", import.meta.url);
/** To be changed with what windows and the worker say: windows that stay open over an upgrade keep the old worker. */
const NAME = "leaderboards 1";

/** Follows feeds by a hub. */
export class Link {
  #onMessage;
  #onBroken;
  /** @type {Session | null} */
  #session = null;
  #canShare = "SharedWorker" in globalThis;

  /**
   * @param {object} options
   * @param {(message: Message) => void} options.onMessage called with what the hub sends
   * @param {() => void} options.onBroken called where the shared hub does not start: the link has to be opened again
   */
  constructor({ onMessage, onBroken }) {
    this.#onMessage = onMessage;
    this.#onBroken = onBroken;
  }

  /**
   * Connect; feeds that were followed before have to be followed again.
   *
   * @param {string | null} key the API key; null: none
   */
  open(key) {
    this.close();
    const onMessage = this.#onMessage;
    const worker = this.#canShare ? this.#worker() : null;
    this.#session = worker ? sharedSession(worker, key, onMessage) : ownSession(key, onMessage);
  }

  /** @param {Request} request */
  send(request) {
    this.#session?.send(request);
  }

  close() {
    this.#session?.close();
    this.#session = null;
  }

  #worker() {
    try {
      const worker = new SharedWorker(WORKER, { type: "module", name: NAME });
      worker.addEventListener("error", () => {
        this.#canShare = false;
        this.#onBroken();
      });
      return worker;
    } catch {
      // Blocked, as storage can be.
      return null;
    }
  }
}

/**
 * @param {string | null} key
 * @param {(message: Message) => void} onMessage
 * @returns {Session}
 */
function ownSession(key, onMessage) {
  const hub = new Hub(key);
  hub.join(onMessage);
  return { send: (request) => hub.request(onMessage, request), close: () => hub.leave(onMessage) };
}

/**
 * @param {SharedWorker} worker
 * @param {string | null} key
 * @param {(message: Message) => void} onMessage
 * @returns {Session}
 */
function sharedSession({ port }, key, onMessage) {
  const say = (/** @type {Said} */ said) => port.postMessage(said);
  const receive = (/** @type {MessageEvent<Message>} */ { data }) => onMessage(data);
  port.addEventListener("message", receive);
  port.start();
  say({ action: "join", key });
  const release = holdLock((lock) => say({ action: "hold", lock }));
  return {
    send: say,
    close: () => {
      port.removeEventListener("message", receive);
      say({ action: "leave" });
      port.close();
      release();
    },
  };
}

/**
 * Hold a lock of a name of its own, which is free once the window is gone. Browsers have none for pages over plain HTTP
 * from another machine: there a window that crashes is followed until the last one is closed.
 *
 * @param {(lock: string) => void} onHeld
 * @returns {() => void} releases it
 */
function holdLock(onHeld) {
  if (!navigator.locks) return () => {};
  const lock = `${NAME} ${crypto.randomUUID()}`;
  let release = () => {};
  const released = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  void navigator.locks.request(lock, () => {
    onHeld(lock);
    return released;
  });
  return release;
}
