// The one WebSocket to the gateway: it authenticates, asks for envelopes, and reconnects by itself.

import { readAnswer } from "../../gateway/validation.js";

/** @import { Answer } from "../../gateway/validation.js" */

/**
 * `waiting`: to reconnect; `unauthorized`: until it is opened with another key.
 *
 * @typedef {"connecting" | "open" | "waiting" | "unauthorized"} SocketState
 */

const ADDRESS = new URL("../../ws", import.meta.url);
ADDRESS.protocol = ADDRESS.protocol === "https:" ? "wss:" : "ws:";
/** A small file, which needs no key: whether the gateway answers at all. */
const PROBE = new URL("../../icon.svg", import.meta.url);

/** A gateway that is restarted is back within a second of its first answer. */
const PROBE_EVERY_MS = 1_000;
/** After so many probes the gateway may be gone for long: then they become rarer. */
const QUICK_PROBES = 300;
const LONGEST_BACKOFF_MS = 15_000;
/** A silent connection may be a quiet market or a dead network: after so long the gateway is asked something. */
const SILENCE_MS = 10_000;
const ANSWER_MS = 5_000;
const ENVELOPES = { action: "hello", envelope: true };

/** Brings publications in envelopes, and deltas, as text. */
export class GatewaySocket {
  /** @type {SocketState} */
  state = "waiting";
  /** When a waiting one tries again, milliseconds of performance.now(). */
  retryAt = 0;
  #onState;
  #onPublication;
  /** @type {string | null} */
  #key = null;
  /** @type {WebSocket | null} */
  #socket = null;
  /** What is done with the answers to what was asked, in the order of the questions. @type {((answer: Answer) => void)[]} */
  #asked = [];
  #retryTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #silenceTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #probes = 0;
  /** Connections that were lost before they were of use, since the last one that was. */
  #failures = 0;

  /**
   * @param {object} options
   * @param {(socket: GatewaySocket) => void} options.onState called when `state` has changed
   * @param {(text: string) => void} options.onPublication called with each envelope and each delta
   */
  constructor({ onState, onPublication }) {
    this.#onState = onState;
    this.#onPublication = onPublication;
  }

  /**
   * Connect now, unless it is connected or connecting.
   *
   * @param {string | null} key the API key; null: none
   */
  open(key) {
    if (this.#socket) return;
    this.#key = key;
    clearTimeout(this.#retryTimer);
    this.#asked = [];
    const socket = new WebSocket(ADDRESS);
    this.#socket = socket;
    this.#become("connecting");
    socket.addEventListener("open", () => {
      if (socket === this.#socket) this.#greet();
      else socket.close();
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(String(data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lose();
    });
    // A network that swallows the handshake would keep everybody waiting for minutes.
    this.#expectMessage(ANSWER_MS, () => this.#lose());
  }

  /** Disconnect for good. */
  close() {
    this.#disconnect();
  }

  /**
   * Ask the gateway something. What is asked while there is no connection is dropped.
   *
   * @param {object} message
   * @param {(answer: Answer) => void} onAnswer
   */
  ask(message, onAnswer = () => {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#asked.push(onAnswer);
    this.#socket.send(JSON.stringify(message));
  }

  /** @param {SocketState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#onState(this);
  }

  #greet() {
    const isRefused = (/** @type {Answer} */ { status }) => status === "invalid key" || status === "unauthorized";
    const welcome = (/** @type {Answer} */ answer) => {
      if (isRefused(answer)) this.#refuseKey();
      else if (answer.status === "hello") this.#becomeOpen();
    };
    if (this.#key !== null) this.ask({ action: "auth", api_key: this.#key }, welcome);
    this.ask(ENVELOPES, welcome);
  }

  #becomeOpen() {
    this.#failures = 0;
    this.#probes = 0;
    this.#become("open");
  }

  #refuseKey() {
    this.#disconnect();
    this.#become("unauthorized");
  }

  /** @param {string} text */
  #receive(text) {
    this.#expectMessage(SILENCE_MS, () => {
      // Any answer shows that the gateway is there.
      this.ask(ENVELOPES);
      this.#expectMessage(ANSWER_MS, () => this.#lose());
    });
    const answer = readAnswer(text);
    if (answer) this.#asked.shift()?.(answer);
    else this.#onPublication(text);
  }

  /**
   * @param {number} milliseconds in which a message must come
   * @param {() => void} otherwise what is done if none came
   */
  #expectMessage(milliseconds, otherwise) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(otherwise, milliseconds);
  }

  /** The connection is lost, or was not made. */
  #lose() {
    this.#disconnect();
    this.#failures += 1;
    // The second one in a row: the gateway answers, and its WebSocket does not.
    this.#wait(this.#failures > 1 ? Math.min(LONGEST_BACKOFF_MS, PROBE_EVERY_MS * 2 ** (this.#failures - 2)) : 0);
  }

  /**
   * Try again after a while.
   *
   * @param {number} shortest milliseconds
   */
  #wait(shortest) {
    const growing = PROBE_EVERY_MS * Math.max(1, this.#probes / QUICK_PROBES) ** 2;
    const longest = Math.min(LONGEST_BACKOFF_MS, Math.max(shortest, growing));
    // Jitter: a gateway that comes back does not meet all of its viewers at once.
    const backoff = longest * (0.5 + Math.random() / 2);
    this.retryAt = performance.now() + backoff;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#probe(), backoff);
    this.#become("waiting");
  }

  /** Connect once the gateway answers. Browsers delay WebSockets for seconds after some of them have failed. */
  async #probe() {
    this.#probes += 1;
    const isThere = await fetch(PROBE, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) })
      .then(() => true, () => false);
    if (this.state !== "waiting") return;
    if (isThere) this.open(this.#key);
    else this.#wait(0);
  }

  #disconnect() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = null;
    // Closing during the handshake is an error on the browser's console: such a socket is closed once it is open.
    if (socket?.readyState === WebSocket.OPEN) socket.close();
  }
}
