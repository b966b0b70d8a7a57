// What several followers want of the gateway, over one WebSocket. It knows nothing of the page.

import { GatewaySocket } from "./gateway-socket.js";
import { union } from "../want.js";

/** @import { SocketState } from "./gateway-socket.js" */
/** @import { Want } from "../want.js" */

/**
 * What a follower asks. `again`: a message was missed, and the whole is wanted. `retry`: to connect now.
 *
 * @typedef {{ action: "follow", feed: string, want: Want }
 *   | { action: "unfollow" | "again", feed: string }
 *   | { action: "retry" }} Request
 */

/**
 * What a follower is sent: a publication, which names its feed, as text; that a feed was refused, and why; or how the
 * connection stands, and in how many milliseconds it is tried again.
 *
 * @typedef {{ feed: string, text: string }
 *   | { feed: string, refused: string }
 *   | { state: SocketState, retryIn: number }} Message
 */

/** @typedef {(message: Message) => void} Follower */

/** Feeds that do not come by deltas. What was published last is kept for whoever follows them later. */
const CONFLATED = /^(quote|candles):/;
const ALERTS = "alerts";
/** A screen may be there again a moment later. */
const ASK_AGAIN_MS = 2_000;

/** Follows each feed once, however many followers want it. */
export class Hub {
  #key;
  #socket;
  /** @type {Set<Follower>} */
  #followers = new Set();
  /** By feed, what each follower wants of it. @type {Map<string, Map<Follower, Want>>} */
  #wants = new Map();
  /** By feed, what the gateway was asked for. @type {Map<string, string>} */
  #asked = new Map();
  /** By feed, what came last. @type {Map<string, string>} */
  #newest = new Map();
  /** Feeds about which the gateway may have to be asked. @type {Set<string>} */
  #changed = new Set();

  /** @param {string | null} key the API key; null: none */
  constructor(key) {
    this.#key = key;
    this.#socket = new GatewaySocket({
      onState: () => this.#onState(),
      onPublication: (text) => this.#onPublication(text),
    });
  }

  /** How many follow. */
  get size() {
    return this.#followers.size;
  }

  /** @param {Follower} follower */
  join(follower) {
    this.#followers.add(follower);
    this.#socket.open(this.#key);
    follower(this.#standing());
  }

  /** @param {Follower} follower */
  leave(follower) {
    this.#followers.delete(follower);
    for (const feed of [...this.#wants.keys()]) this.#unfollow(follower, feed);
    if (this.size === 0) this.#socket.close();
  }

  /**
   * @param {Follower} follower
   * @param {Request} request
   */
  request(follower, request) {
    if (request.action === "retry") this.#retry();
    else if (request.action === "follow") this.#follow(follower, request.feed, request.want);
    else if (request.action === "unfollow") this.#unfollow(follower, request.feed);
    else this.#askAgain(request.feed);
  }

  #retry() {
    if (this.#socket.state === "waiting") this.#socket.open(this.#key);
  }

  /**
   * @param {Follower} follower
   * @param {string} feed
   * @param {Want} want
   */
  #follow(follower, feed, want) {
    const wants = this.#wants.get(feed) ?? new Map();
    const isNew = !wants.has(follower);
    this.#wants.set(feed, wants.set(follower, want));
    const newest = this.#newest.get(feed);
    if (isNew && newest !== undefined) follower({ feed, text: newest });
    // Deltas say nothing to one who has not the whole.
    if (isNew && isBoard(feed)) this.#asked.delete(feed);
    this.#change(feed);
  }

  /**
   * @param {Follower} follower
   * @param {string} feed
   */
  #unfollow(follower, feed) {
    if (this.#wants.get(feed)?.delete(follower)) this.#change(feed);
  }

  /** @param {string} feed */
  #askAgain(feed) {
    this.#asked.delete(feed);
    this.#change(feed);
  }

  /** @param {string} feed about which the gateway is asked once all is said of it that is said now */
  #change(feed) {
    if (this.#changed.size === 0) setTimeout(() => this.#ask(), 0);
    this.#changed.add(feed);
  }

  #ask() {
    for (const feed of this.#changed) this.#askFor(feed);
    this.#changed.clear();
  }

  /** @param {string} feed */
  #askFor(feed) {
    const wants = this.#wants.get(feed);
    if (wants?.size === 0) this.#wants.delete(feed);
    if (this.#socket.state !== "open") return;
    if (!this.#wants.has(feed)) {
      this.#newest.delete(feed);
      if (this.#asked.delete(feed)) this.#socket.ask({ action: "unsubscribe", feed });
      return;
    }
    const question = JSON.stringify(subscription(feed, [...(wants?.values() ?? [])]));
    if (this.#asked.get(feed) === question) return;
    this.#asked.set(feed, question);
    this.#subscribe(feed, question, JSON.parse(question));
    // After the subscription nothing is missed between the two.
    if (feed.startsWith("quote:")) this.#socket.ask({ action: "get", cache: feed }, ({ data }) => this.#onCached(feed, data));
  }

  /**
   * @param {string} feed
   * @param {string} question what is wanted of it
   * @param {any} subscription what the gateway is asked for: that, or without fields and limit the whole
   */
  #subscribe(feed, question, { fields, limit, ...whole }) {
    this.#socket.ask({ ...whole, fields, limit }, ({ status, message }) => {
      if (status !== "error" || this.#asked.get(feed) !== question) return;
      // The gateway may have no room for another choice of fields and rows. For the whole there is always room.
      if (fields || limit) this.#subscribe(feed, question, whole);
      else this.#onRefused(feed, question, String(message));
    });
  }

  /**
   * @param {string} feed
   * @param {string} question
   * @param {string} reason
   */
  #onRefused(feed, question, reason) {
    for (const follower of this.#wants.get(feed)?.keys() ?? []) follower({ feed, refused: reason });
    if (!isBoard(feed)) return;
    setTimeout(() => {
      if (this.#asked.get(feed) === question) this.#askAgain(feed);
    }, ASK_AGAIN_MS);
  }

  /**
   * @param {string} feed
   * @param {unknown} data
   */
  #onCached(feed, data) {
    // What was published meanwhile is newer.
    if (data !== undefined && !this.#newest.has(feed)) this.#onPublication(JSON.stringify({ feed, data }));
  }

  /** @param {string} text */
  #onPublication(text) {
    const feed = /^\{"feed":"([^"\\]+)"/.exec(text)?.[1];
    if (feed === undefined) return;
    if (CONFLATED.test(feed)) this.#newest.set(feed, text);
    for (const follower of this.#wants.get(feed)?.keys() ?? []) follower({ feed, text });
  }

  #onState() {
    this.#asked.clear();
    this.#newest.clear();
    for (const feed of this.#wants.keys()) this.#change(feed);
    for (const follower of this.#followers) follower(this.#standing());
  }

  #standing() {
    return { state: this.#socket.state, retryIn: Math.max(0, this.#socket.retryAt - performance.now()) };
  }
}

/** @param {string} feed */
function isBoard(feed) {
  return !CONFLATED.test(feed) && feed !== ALERTS;
}

/**
 * The question that brings all that is wanted of a feed.
 *
 * @param {string} feed
 * @param {Want[]} wants
 */
function subscription(feed, wants) {
  if (!isBoard(feed)) return { action: "subscribe", feed };
  return { action: "subscribe", feed, mode: "delta", ...union(wants) };
}
