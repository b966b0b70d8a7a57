// How things stand: whether the page is connected, how old what it shows is, and which session that is of.

import { MarketClock, newYorkTime, sessionName } from "./clock.js";
import { knownKey } from "./key.js";
import { duration } from "./format.js";

const ASK_EVERY = 5_000;
const PATIENCE = 4_000;
// Seconds without a snapshot after which a silence is told.
const QUIET = 5;
const DRAW_EVERY = 200;

const SIGNS = { connecting: "\u2026", live: "\u25cf", quiet: "\u25cb", silent: "\u25b2", lost: "\u2715", locked: "\u25a0" };

function set(node, text) {
  if (node.data !== text) node.data = text;
}

function textIn(id, selector) {
  const found = document.getElementById(id);
  const element = selector ? found.querySelector(selector) : found;
  const node = document.createTextNode("");
  element.replaceChildren(node);
  return node;
}

export class StatusView {
  #feeds;
  #clock = new MarketClock();
  #published = null;
  #problem = "";
  #asked = 0;
  #pill = document.getElementById("state");
  #sign = textIn("state", ".sign");
  #what = textIn("state", ".what");
  #age = textIn("age");
  #announcement = textIn("announcement");
  #session = textIn("session");
  #time = textIn("clock");

  /** @param feeds returns the feeds of the boards that are shown. */
  constructor(feeds) {
    this.#feeds = feeds;
    setInterval(() => this.draw(), DRAW_EVERY);
    setInterval(() => this.ask(), ASK_EVERY);
  }

  /** A board was published just now. @param newest when its newest bar ended, Unix milliseconds. */
  published(newest) {
    this.#published = performance.now();
    this.see(newest);
  }

  /** A board shows bars up to `newest`, Unix milliseconds. */
  see(newest) {
    this.#clock.see(newest);
  }

  /** Ask the gateway for what feeds do not tell. */
  async ask() {
    if (document.hidden || !this.#feeds().some(({ state }) => state === "open")) return;
    const asked = ++this.#asked;
    const key = knownKey();
    try {
      const answer = await fetch("api/status", {
        headers: key === null ? {} : { "X-API-Key": key },
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (asked !== this.#asked) return;
      if (answer.ok) this.#learn(await answer.json());
      else this.#problem = answer.status === 503 ? "Server has lost Redis" : "";
    } catch {
      // The feeds tell of a gateway that is gone, and they tell it sooner.
    }
  }

  #learn(status) {
    this.#problem = status.publishing ? "" : "Nobody publishes";
    this.#clock.set(status);
    // The age by the server's clock, where the page was not there when it was published.
    const at = status.age === null ? null : performance.now() - status.age * 1000;
    if (at !== null && (this.#published === null || at > this.#published + 1000)) this.#published = at;
    set(this.#session, sessionName(status.session));
  }

  draw() {
    const { state, what } = this.#state();
    if (this.#pill.dataset.state !== state) {
      this.#pill.dataset.state = state;
      document.body.dataset.state = state;
      this.#sign.data = SIGNS[state];
    }
    set(this.#what, what);
    set(this.#age, this.#ageText(state));
    const now = this.#clock.now();
    set(this.#time, now === null ? "--:--:-- ET" : newYorkTime(now));
    // Of what a screen reader says, only the state: its words change too often.
    const said = { live: "Live", lost: "Disconnected", silent: what, locked: what }[state];
    if (said) set(this.#announcement, said);
  }

  #seconds() {
    return this.#published === null ? null : (performance.now() - this.#published) / 1000;
  }

  #state() {
    const feeds = this.#feeds();
    if (feeds.some(({ state }) => state === "unauthorized")) return { state: "locked", what: "API key needed" };
    const waiting = feeds.find(({ state }) => state === "waiting");
    if (waiting) {
      const seconds = Math.max(0, Math.ceil((waiting.retryAt - performance.now()) / 1000));
      return { state: "lost", what: `Disconnected, next try in ${seconds} s` };
    }
    if (!feeds.every(({ state }) => state === "open")) {
      const before = this.#pill.dataset.state;
      return before === "lost" ? { state: "lost", what: "Disconnected, trying" } : { state: "connecting", what: "Connecting" };
    }
    if (this.#problem) return { state: "silent", what: this.#problem };
    const seconds = this.#seconds();
    return seconds !== null && seconds > QUIET ? { state: "quiet", what: "No change" } : { state: "live", what: "Live" };
  }

  #ageText(state) {
    const seconds = this.#seconds();
    if (seconds === null) return "";
    if (state === "quiet") return `for ${duration(seconds)}`;
    return state === "live" && seconds < QUIET ? `${seconds.toFixed(1)} s ago` : `data ${duration(seconds)} old`;
  }
}
