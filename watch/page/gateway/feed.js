// A feed of the gateway: a WebSocket that reconnects by itself.
//
// Each feed has its own connection: messages come as they were published, and a board's rows do not name their board.

import { forgetKey, knownKey } from "./api-key.js";
import { readAnswer } from "./validation.js";

/** @import { Answer } from "./validation.js" */

/** @typedef {"closed" | "connecting" | "open" | "waiting" | "unauthorized"} FeedState */

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
/** A silent connection may be a quiet market or a dead network: after so long the gateway is asked something. */
const SILENCE_MS = 10_000;
const ANSWER_MS = 5_000;

function address() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** Brings what is cached of a feed, and each publication from then on. */
export class Feed {
  /** `waiting`: to reconnect; `unauthorized`: until it is opened with a key. @type {FeedState} */
  state = "closed";
  /** When a waiting feed reconnects, milliseconds of performance.now(). */
  retryAt = 0;
  #name;
  #onData;
  #onState;
  #onRefusal;
  /** @type {WebSocket | null} */
  #socket = null;
  #reconnectTimer = 0;
  #silenceTimer = 0;
  #attempts = 0;
  /** Whether anything came since it connected. */
  #hasData = false;
  #isAuthorizing = false;
  /** The key that this connection uses. @type {string | null} */
  #key = null;

  /**
   * @param {string} name `scanners:top_gainers`, `quote:AAPL`
   * @param {object} options
   * @param {(data: unknown, isCached: boolean) => void} options.onData called with each JSON, as text or parsed
   * @param {(feed: Feed) => void} options.onState called when `state` has changed
   * @param {(reason: string) => void} [options.onRefusal] called where the gateway refuses the feed; without it the
   *   feed reconnects
   */
  constructor(name, { onData, onState, onRefusal }) {
    this.#name = name;
    this.#onData = onData;
    this.#onState = onState;
    this.#onRefusal = onRefusal;
  }

  /** Connect now, unless it is connected or connecting. */
  open() {
    if (this.#socket) return;
    clearTimeout(this.#reconnectTimer);
    this.#hasData = false;
    const socket = new WebSocket(address());
    this.#socket = socket;
    this.#become("connecting");
    socket.addEventListener("open", () => {
      if (socket === this.#socket) this.#authorize();
      else socket.close();
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(data);
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#reconnectLater();
    });
    // A network that swallows the handshake would hold the feed for minutes.
    this.#expectMessage(ANSWER_MS);
  }

  /** Disconnect, until it is opened again. */
  close() {
    this.#disconnect();
    this.#attempts = 0;
    this.#become("closed");
  }

  /** @param {FeedState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#onState(this);
  }

  /** @param {object} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  #authorize() {
    this.#key = knownKey();
    this.#isAuthorizing = this.#key !== null;
    if (this.#key === null) this.#subscribe();
    else this.#send({ action: "auth", api_key: this.#key });
  }

  #subscribe() {
    // In this order nothing is missed between the two.
    this.#send({ action: "subscribe", feed: this.#name });
    this.#send({ action: "get", cache: this.#name });
  }

  /** @param {unknown} text */
  #receive(text) {
    this.#expectMessage(SILENCE_MS, () => {
      // Any answer shows that the gateway is there; one row does, unless nothing came yet.
      this.#send({ action: "get", cache: this.#name, limit: this.#hasData ? 1 : undefined });
      this.#expectMessage(ANSWER_MS);
    });
    const answer = typeof text === "string" ? readAnswer(text) : null;
    if (answer === null) {
      this.#hasData = true;
      this.#onData(text, false);
    } else if ("cache" in answer) {
      this.#onCached(answer.data);
    } else {
      this.#onAnswer(answer);
    }
  }

  /** @param {unknown} data */
  #onCached(data) {
    // What was published meanwhile is newer.
    if (this.#hasData) return;
    this.#hasData = true;
    this.#onData(data, true);
  }

  /** @param {Answer} answer */
  #onAnswer({ status, message }) {
    switch (status) {
      case "authorized":
        if (this.#isAuthorizing) this.#subscribe();
        this.#isAuthorizing = false;
        break;
      case "subscribed":
        this.#attempts = 0;
        this.#become("open");
        break;
      case "invalid key":
      case "unauthorized":
        // Once subscribed, the gateway does not say so: somebody published it.
        if (this.state === "open") break;
        this.#disconnect();
        // A key that was given meanwhile was not refused: feeds ask at once, and one may answer after the user.
        if (knownKey() !== this.#key) {
          this.open();
          break;
        }
        forgetKey();
        this.#become("unauthorized");
        break;
      case "error":
        // Once subscribed, it means that Redis is away; the cache is sent when it is back.
        if (this.state === "open") break;
        if (this.#onRefusal) this.#onRefusal(String(message));
        else this.#reconnectLater();
        break;
    }
  }

  /**
   * @param {number} milliseconds in which a message must come
   * @param {() => void} otherwise what is done if none came
   */
  #expectMessage(milliseconds, otherwise = () => this.#reconnectLater()) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = window.setTimeout(otherwise, milliseconds);
  }

  #reconnectLater() {
    // Also where the handshake is not through.
    this.#socket?.close();
    this.#disconnect();
    const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    // Jitter: a gateway that comes back does not meet all of its viewers at once.
    const backoff = longest * (0.5 + Math.random() / 2);
    this.retryAt = performance.now() + backoff;
    this.#reconnectTimer = window.setTimeout(() => this.open(), backoff);
    this.#become("waiting");
  }

  #disconnect() {
    clearTimeout(this.#reconnectTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = null;
    // Closing during the handshake is an error on the browser's console: such a socket is closed once it is open.
    if (socket?.readyState === WebSocket.OPEN) socket.close();
  }
}
