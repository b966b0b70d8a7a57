// A feed of the gateway: one WebSocket, which comes back by itself.
//
// Publications come as Redis has them, and a board's rows do not say which board they are of: each feed has a
// connection of its own.

import { forgetKey, knownKey } from "./key.js";
import { answerOf } from "./published.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// A silent connection may be a quiet market or a dead line: it is asked something, and must answer.
const SILENCE = 10_000;
const ANSWER = 5_000;

function address() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/**
 * What a feed's cache key holds, and each publication of it from then on.
 *
 * `state` is one of `connecting`, `open`, `waiting` (until `retryAt`, in milliseconds of performance.now()),
 * `unauthorized` and `closed`.
 */
export class Feed {
  #socket = null;
  #timer = 0;
  #silence = 0;
  #attempts = 0;
  #published = false;
  #authorizing = false;

  /**
   * @param name the feed: `scanners:top_gainers`, `quote:AAPL`.
   * @param onData called with each JSON text, and with whether it is what the cache held at first.
   * @param onState called whenever `state` has changed.
   * @param onRefusal called with the gateway's words where it refuses the feed; without it, it tries again.
   */
  constructor(name, { onData, onState, onRefusal = null }) {
    this.name = name;
    this.state = "closed";
    this.retryAt = 0;
    this.#onData = onData;
    this.#onState = onState;
    this.#onRefusal = onRefusal;
  }

  #onData;
  #onState;
  #onRefusal;

  /** Connect now, unless it is connected or connecting. */
  open() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#published = false;
    const socket = new WebSocket(address());
    this.#socket = socket;
    this.#be("connecting");
    socket.addEventListener("open", () => (socket === this.#socket ? this.#greet() : socket.close()));
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#receive(data));
    socket.addEventListener("close", () => socket === this.#socket && this.#lost());
    // A line that swallows the handshake would otherwise hold the feed for minutes.
    this.#expect(ANSWER);
  }

  /** Disconnect, for good unless opened again. */
  close() {
    this.#drop();
    this.#attempts = 0;
    this.#be("closed");
  }

  #be(state) {
    if (this.state === state) return;
    this.state = state;
    this.#onState(this);
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #greet() {
    const key = knownKey();
    this.#authorizing = key !== null;
    if (key !== null) this.#send({ action: "auth", api_key: key });
    else this.#follow();
  }

  #follow() {
    // In this order nothing is missed between the two.
    this.#send({ action: "subscribe", feed: this.name });
    this.#send({ action: "get", cache: this.name });
  }

  #receive(text) {
    this.#expect(SILENCE, () => {
      // Where the first was refused, all of it is wanted still.
      this.#send({ action: "get", cache: this.name, limit: this.#published ? 1 : undefined });
      this.#expect(ANSWER);
    });
    const answer = typeof text === "string" ? answerOf(text) : null;
    if (answer === null) {
      this.#published = true;
      this.#onData(text, false);
      return;
    }
    if ("cache" in answer) this.#found(answer);
    else this.#told(answer);
  }

  #found({ data }) {
    // Older than what was published meanwhile; or it was but the sign of life that was asked for.
    if (this.#published) return;
    this.#published = true;
    this.#onData(data, true);
  }

  #told({ status, message }) {
    switch (status) {
      case "authorized":
        if (this.#authorizing) this.#follow();
        this.#authorizing = false;
        break;
      case "subscribed":
        this.#attempts = 0;
        this.#be("open");
        break;
      case "invalid key":
      case "unauthorized":
        // Once subscribed, it is none of the gateway's: that was published.
        if (this.state === "open") break;
        forgetKey();
        this.#drop();
        this.#be("unauthorized");
        break;
      case "error":
        // Once subscribed, it is Redis that is away: what stands is sent when it is back.
        if (this.state === "open") break;
        if (this.#onRefusal) this.#onRefusal(String(message));
        else this.#lost();
        break;
    }
  }

  #expect(milliseconds, otherwise = () => this.#lost()) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(otherwise, milliseconds);
  }

  #lost() {
    // A line that swallows the handshake has to be hung up.
    this.#socket.close();
    this.#drop();
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts);
    this.#attempts += 1;
    // Spread, so that a gateway that comes back does not meet all of its viewers in one moment.
    const wait = longest * (0.5 + Math.random() / 2);
    this.retryAt = performance.now() + wait;
    this.#timer = setTimeout(() => this.open(), wait);
    this.#be("waiting");
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    // A handshake that is cut short is an error on the browser's console: the socket is closed when it is through.
    if (socket?.readyState === WebSocket.OPEN) socket.close();
  }
}
