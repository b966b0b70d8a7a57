// The store in front of all views: the only one that follows the gateway's feeds.

import { forgetKey, knownKey } from "../gateway/api-key.js";
import { readPublication } from "../gateway/validation.js";
import { AlertFeed } from "./alert-feed.js";
import { BoardFeed } from "./board-feed.js";
import { CandleFeed } from "./candle-feed.js";
import { Frames } from "./frames.js";
import { Link } from "./hub/link.js";
import { PastFeeds } from "./past-feeds.js";
import { QuoteFeed } from "./quote-feed.js";
import { ScreenPoll } from "./screen-poll.js";

/** @import { Board } from "../declarations.js" */
/** @import { Alert } from "./alert-feed.js" */
/** @import { BoardListener, BoardUpdate } from "./board-feed.js" */
/** @import { CandleListener } from "./candle-feed.js" */
/** @import { SocketState } from "./hub/gateway-socket.js" */
/** @import { Message } from "./hub/hub.js" */
/** @import { QuoteListener } from "./quote-feed.js" */
/** @import { Want } from "./want.js" */

/**
 * How the page is connected.
 *
 * @typedef {object} Connection
 * @property {SocketState} state
 * @property {number} retryAt when a waiting connection is tried again, milliseconds of performance.now()
 * @property {number | null} publishedAt when a board was last published, milliseconds of performance.now(); null: none
 *   was since the page was opened
 */

/** Ends a following. @typedef {{ close: () => void }} Following */

/** @typedef {BoardFeed | QuoteFeed | CandleFeed | AlertFeed} Feed */

/** A tab that is looked at again within this time has missed nothing. */
const HIDDEN_MS = 10_000;

const ignore = () => {};

/**
 * Follows what views show, each feed once however many views show it, and calls them once a frame. A tab in the
 * background follows nothing but alerts. While it is at a past second, views are shown that instead, but for alerts:
 * those go on.
 */
export class Store {
  /** @type {Connection} */
  connection = { state: "connecting", retryAt: 0, publishedAt: null };
  #scanners;
  /** Of the boards, without screens: those are published also while no bar comes, for their windows move on. */
  #boardFeeds;
  #link = new Link({ onMessage: (message) => this.#onMessage(message), onBroken: () => this.open() });
  /** By name. @type {Map<string, Feed>} */
  #feeds = new Map();
  /** In which views are called. */
  frames = new Frames();
  /** @type {Set<() => void>} */
  #onConnection = new Set();
  #isHidden = false;
  #hideTimer = 0;
  #past = new PastFeeds(this.#feeds, {
    nameOf: (feed) => this.#boardName(feed),
    onShown: (feed) => this.frames.deliver(feed),
  });
  /** @type {Set<ScreenPoll>} */
  #polls = new Set();
  /** When something came of a feed last, milliseconds of performance.now(). @type {WeakMap<Feed, number>} */
  #cameAt = new WeakMap();

  /** @param {Board[]} boards those that are declared; the feeds of screens follow from their names */
  constructor(boards) {
    this.#scanners = new Map(boards.map(({ name, feed }) => [name, feed]));
    this.#boardFeeds = new Set(this.#scanners.values());
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) this.open();
    });
  }

  /**
   * Of each feed that is followed, when something came of it last, milliseconds of performance.now(); null: nothing has.
   *
   * @returns {Map<string, number | null>} by the feed's name
   */
  get ages() {
    return new Map([...this.#feeds].map(([name, feed]) => [name, this.#cameAt.get(feed) ?? null]));
  }

  /** Connect, with the key that is known now. */
  open() {
    this.#link.open(knownKey());
    for (const feed of this.#feeds.values()) this.#ask(feed);
  }

  /** The browser may keep the page, and show it again later. */
  #leave() {
    this.#link.close();
    this.#connect({ state: "connecting", retryIn: 0 });
  }

  /** Connect now, if the connection is lost. */
  retry() {
    this.#link.send({ action: "retry" });
  }

  /**
   * @param {() => void} listener called when the connection's state has changed
   * @returns {Following}
   */
  onConnection(listener) {
    this.#onConnection.add(listener);
    return { close: () => void this.#onConnection.delete(listener) };
  }

  /**
   * Follow a board or screen.
   *
   * @param {string} name `gainers`
   * @param {Want & { onRefused?: (reason: string) => void }} want what the view shows; called back where there is no
   *   such screen any more. The store goes on asking for it.
   * @param {(update: BoardUpdate) => void} onBoard
   * @returns {Following & { change: (want: Want) => void }}
   */
  board(name, { onRefused = ignore, ...want }, onBoard) {
    const feedName = this.#scanners.get(name) ?? `scanners:${name}`;
    /** @type {BoardListener} */
    const listener = { want, onBoard, onRefused };
    const feed = this.#follow(feedName, () => new BoardFeed(feedName), listener);
    return {
      close: () => this.#unfollow(feed, listener),
      change: (changed) => {
        listener.want = changed;
        this.#ask(feed);
        this.frames.deliver(feed);
      },
    };
  }

  /**
   * Follow the quotes of some symbols.
   *
   * @param {string[]} symbols
   * @param {QuoteListener["onQuote"]} onQuote
   * @param {QuoteListener["onRefused"]} onRefused
   * @returns {Following}
   */
  quotes(symbols, onQuote, onRefused = ignore) {
    const listener = { onQuote, onRefused };
    const feeds = symbols.map((symbol) => this.#follow(`quote:${symbol}`, () => new QuoteFeed(symbol), listener));
    return { close: () => feeds.forEach((feed) => this.#unfollow(feed, listener)) };
  }

  /**
   * Follow the live one-minute candles of a symbol: the newest one as it stands, then those that change.
   *
   * @param {string} symbol
   * @param {CandleListener["onCandles"]} onCandles
   * @param {CandleListener["onRefused"]} onRefused
   * @returns {Following}
   */
  candles(symbol, onCandles, onRefused = ignore) {
    const listener = { onCandles, onRefused };
    const feed = this.#follow(`candles:${symbol}`, () => new CandleFeed(symbol), listener);
    return { close: () => this.#unfollow(feed, listener) };
  }

  /**
   * Follow the alerts. They come at once, also in a tab in the background.
   *
   * @param {(alert: Alert) => void} onAlert
   * @returns {Following}
   */
  alerts(onAlert) {
    const listener = { onAlert };
    const feed = this.#follow("alerts", () => new AlertFeed(), listener);
    return { close: () => this.#unfollow(feed, listener) };
  }

  /**
   * Follow a screen over the whole market, which nobody publishes.
   *
   * @param {string} query the text behind `/api/screen?`
   * @param {(update: BoardUpdate) => void} onBoard
   * @param {(reason: string) => void} onRefused called where the query is wrong
   * @returns {Following & { change: (query: string) => void }}
   */
  screen(query, onBoard, onRefused = ignore) {
    const poll = new ScreenPoll(query, { onBoard, onRefused });
    if (this.isLive) poll.open();
    else poll.showPast();
    this.#polls.add(poll);
    return {
      close: () => {
        poll.close();
        this.#polls.delete(poll);
      },
      change: (changed) => poll.change(changed),
    };
  }

  // --- the past

  /**
   * Show views a past second, or the present.
   *
   * @param {number | null} at Unix milliseconds; null: the present
   */
  at(at) {
    const wasLive = this.isLive;
    this.#past.show(at);
    if (at !== null && wasLive) {
      this.#followAlertsOnly();
      for (const poll of this.#polls) poll.showPast();
    } else if (at === null && !wasLive) {
      this.#followPresent();
    }
  }

  #followPresent() {
    const comesAtOnce = this.connection.state === "open";
    for (const feed of this.#feeds.values()) {
      this.#cameAt.delete(feed);
      this.#ask(feed);
      if (comesAtOnce || !(feed instanceof BoardFeed)) continue;
      // Rows of the past would look like the last ones before the connection was lost.
      feed.replace([], "Waiting for the gateway");
      this.frames.deliver(feed);
    }
    for (const poll of this.#polls) poll.open();
  }

  /** Whether the present is shown. */
  get isLive() {
    return this.#past.at === null;
  }

  /** What is shown of the past, and whether it is what is wanted. */
  get past() {
    return this.#past;
  }

  /** @param {BoardFeed} feed */
  #boardName({ name }) {
    const declared = [...this.#scanners].find(([, scanner]) => scanner === name);
    return declared ? declared[0] : name.replace("scanners:", "");
  }

  // --- feeds

  /**
   * @template {Feed} F
   * @param {string} name
   * @param {() => F} make
   * @param {any} listener of this kind of feed
   * @returns {F}
   */
  #follow(name, make, listener) {
    const feed = /** @type {F} */ (this.#feeds.get(name) ?? make());
    this.#feeds.set(name, feed);
    feed.listeners.add(listener);
    this.#ask(feed);
    this.frames.deliver(feed);
    return feed;
  }

  /**
   * @param {Feed} feed
   * @param {any} listener
   */
  #unfollow(feed, listener) {
    if (!feed.listeners.delete(listener)) return;
    if (feed.listeners.size > 0) {
      this.#ask(feed);
      return;
    }
    this.#feeds.delete(feed.name);
    this.#link.send({ action: "unfollow", feed: feed.name });
  }

  /** @param {Feed} feed to ask the gateway for, unless nobody looks */
  #ask(feed) {
    const isAlways = feed instanceof AlertFeed;
    if (this.#isHidden && !isAlways) return;
    if (!this.isLive && !isAlways) {
      this.#past.ask();
      return;
    }
    this.#link.send({ action: "follow", feed: feed.name, want: feed.want });
  }

  #onVisibility() {
    clearTimeout(this.#hideTimer);
    if (document.hidden) this.#hideTimer = window.setTimeout(() => this.#hide(true), HIDDEN_MS);
    else this.#hide(false);
  }

  /** @param {boolean} isHidden */
  #hide(isHidden) {
    if (isHidden === this.#isHidden) return;
    this.#isHidden = isHidden;
    if (isHidden) this.#followAlertsOnly();
    else for (const feed of this.#feeds.values()) this.#ask(feed);
  }

  #followAlertsOnly() {
    for (const feed of this.#feeds.values()) {
      if (!(feed instanceof AlertFeed)) this.#link.send({ action: "unfollow", feed: feed.name });
    }
  }

  // --- what the gateway sends

  /** @param {Message} message */
  #onMessage(message) {
    if ("state" in message) {
      this.#connect(message);
      return;
    }
    const feed = this.#feeds.get(message.feed);
    // What was under way when the desk went into the past.
    if (!feed || (!this.isLive && !(feed instanceof AlertFeed))) return;
    if ("refused" in message) feed.refuse(message.refused);
    else this.#take(feed, readPublication(message.text));
  }

  /**
   * @param {Feed} feed
   * @param {any} message
   */
  #take(feed, message) {
    const isFirst = !this.#cameAt.has(feed);
    this.#cameAt.set(feed, performance.now());
    const outcome = feed.take(message);
    if (outcome === "published" && this.#boardFeeds.has(feed.name)) this.connection.publishedAt = performance.now();
    if (outcome === "missed") this.#link.send({ action: "again", feed: feed.name });
    // Until the first one, the views show nothing, or rows of the past.
    else if (isFirst) this.frames.deliver(feed);
    else this.frames.gather(feed);
  }

  /** @param {{ state: SocketState, retryIn: number }} standing */
  #connect({ state, retryIn }) {
    if (state === "unauthorized") forgetKey();
    this.connection.state = state;
    this.connection.retryAt = performance.now() + retryIn;
    for (const listener of this.#onConnection) listener();
  }
}
