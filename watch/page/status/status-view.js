// The head of the page: the market's session and time, whether the page is connected, and how old its data is.

import { byId, onlyText } from "../elements.js";
import { ask } from "../gateway/requests.js";
import { isUnwell, readStatus } from "../gateway/validation.js";
import { LATE, ageText, connectionState } from "./connection-state.js";
import { MarketClock } from "./market-clock.js";
import { newYorkTime } from "./new-york-time.js";
import { sessionName } from "./session-name.js";

/** @import { Feed } from "../gateway/feed.js" */
/** @import { Status } from "../gateway/validation.js" */
/** @import { StateName } from "./connection-state.js" */

const ASK_EVERY_MS = 5_000;
/** While something is wrong. */
const ASK_AGAIN_MS = 1_000;
const DRAW_EVERY_MS = 200;
const MINUTE_MS = 60_000;
/** By so much the page's measure of the data's age may differ from the server's. */
const TOLERANCE_MS = 1_000;

/** @type {Record<StateName, string>} */
const SIGNS = {
  connecting: "\u2026",
  live: "\u25cf",
  quiet: "\u25cb",
  late: "\u25b2",
  unwell: "\u25b2",
  lost: "\u2715",
  locked: "\u25a0",
};

/** What is wrong, by the unwell part of the gateway's health; a cause before its effects. */
const PROBLEMS = [
  { part: "redis", words: "Server has lost Redis" },
  { part: "subscription", words: "Server has lost Redis" },
  { part: "clock", words: "Nobody publishes" },
  { part: "queue", words: "Bars wait for workers" },
  { part: "snapshot", words: "Publishing is late" },
];

/** Asks the gateway how things stand, and shows it. */
export class StatusView {
  #feeds;
  #clock = new MarketClock();
  /** When a board was last published, milliseconds of performance.now(). @type {number | null} */
  #publishedAt = null;
  #hasStatus = false;
  #problem = "";
  /** Of the newest bar on the shown boards. */
  #minute = 0;
  /** Requests that were sent; only the answer to the newest counts. */
  #requests = 0;
  #timer = 0;
  /** @type {StateName} */
  #state = "connecting";
  #pill = byId("state", HTMLElement);
  #sign = onlyText(byId("state-sign", HTMLElement));
  #words = onlyText(byId("state-words", HTMLElement));
  #age = onlyText(byId("age", HTMLElement));
  #announcement = onlyText(byId("announcement", HTMLElement));
  #session = onlyText(byId("session", HTMLElement));
  #time = onlyText(byId("clock", HTMLElement));

  /** @param {() => Feed[]} feeds returns those of the boards on the screen */
  constructor(feeds) {
    this.#feeds = feeds;
    setInterval(() => this.draw(), DRAW_EVERY_MS);
  }

  /** A board was published just now. */
  published() {
    this.#publishedAt = performance.now();
  }

  /** @param {number} newest when the newest bar on the shown boards ended, Unix milliseconds; 0: there is none */
  see(newest) {
    this.#clock.see(newest);
    // Sessions begin on a minute, and with an emptied board.
    const minute = Math.floor(newest / MINUTE_MS);
    if (minute !== this.#minute) this.ask();
    this.#minute = minute;
  }

  /** Ask the gateway now, and regularly from then on. */
  async ask() {
    const request = ++this.#requests;
    clearTimeout(this.#timer);
    try {
      if (!document.hidden && this.#feeds().some(({ state }) => state === "open")) await this.#askNow(request);
    } finally {
      const isWrong = this.#problem !== "" || this.#clock.behind() > LATE;
      if (request === this.#requests) {
        this.#timer = window.setTimeout(() => this.ask(), isWrong ? ASK_AGAIN_MS : ASK_EVERY_MS);
      }
    }
  }

  /** @param {number} request */
  async #askNow(request) {
    // If the gateway is gone, the feeds notice it sooner.
    const [answer, health] = await Promise.all(["api/status", "healthz"].map((path) => ask(path).catch(() => null)));
    if (request !== this.#requests) return;
    if (health) this.#problem = PROBLEMS.find(({ part }) => isUnwell(health, part))?.words ?? "";
    const status = readStatus(answer);
    if (status) this.#learn(status);
    this.draw();
  }

  /** @param {Status} status */
  #learn(status) {
    this.#hasStatus = true;
    this.#clock.set(status);
    setText(this.#session, sessionName(status.session, this.#clock.now(), status));
    if (status.published_at === null) return;
    // It may have been published before the page was opened.
    const publishedAt = performance.now() - (status.now - status.published_at);
    if (this.#publishedAt === null || publishedAt > this.#publishedAt + TOLERANCE_MS) this.#publishedAt = publishedAt;
  }

  /** Show how things stand at this moment. */
  draw() {
    const now = performance.now();
    const age = this.#publishedAt === null ? null : (now - this.#publishedAt) / 1000;
    const behind = this.#clock.behind();
    const { state, words } = connectionState({
      feeds: this.#feeds(),
      wasLost: this.#state === "lost",
      problem: this.#problem,
      age,
      hasStatus: this.#hasStatus,
      behind,
      now,
    });
    if (this.#state !== state) this.#enter(state);
    setText(this.#words, words);
    setText(this.#age, ageText(state, age, behind));
    const time = this.#clock.now();
    setText(this.#time, time === null ? "--:--:-- ET" : newYorkTime(time));
    this.#announce(state, words);
  }

  /** @param {StateName} state */
  #enter(state) {
    this.#state = state;
    this.#pill.dataset.state = state;
    document.body.dataset.state = state;
    this.#sign.data = SIGNS[state];
  }

  /**
   * Tell screen readers the state, but not the words, which change every second.
   *
   * @param {StateName} state
   * @param {string} words
   */
  #announce(state, words) {
    const sentences = new Map([
      ["live", "Live"],
      ["late", "Bars are late"],
      ["lost", "Disconnected"],
      ["unwell", words],
      ["locked", words],
    ]);
    const sentence = sentences.get(state);
    if (sentence) setText(this.#announcement, sentence);
  }
}

/**
 * @param {Text} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.data !== text) node.data = text;
}
