// How things stand: whether the page is connected, how old what it shows is, and which session that is of.

import { answer } from "./asking.js";
import { MarketClock, newYorkTime, sessionName } from "./clock.js";
import { duration } from "./format.js";
import { isAmiss, statusOf } from "./published.js";

const ASK_EVERY = 5_000;
// While something is wrong.
const ASK_AGAIN = 1_000;
const MINUTE = 60_000;
// Seconds without a snapshot after which a silence is told.
const QUIET = 5;
// Seconds after its end until which a bar that is published is not late.
const LATE = 15;
const DRAW_EVERY = 200;
// Milliseconds by which the age on the page may differ from the server's.
const SLACK = 1_000;

const SIGNS = {
  connecting: "\u2026",
  live: "\u25cf",
  quiet: "\u25cb",
  late: "\u25b2",
  silent: "\u25b2",
  lost: "\u2715",
  locked: "\u25a0",
};

/** What is wrong, by the part of the gateway's health that tells of it; the cause before its effects. */
const PROBLEMS = [
  ["redis", "Server has lost Redis"],
  ["subscription", "Server has lost Redis"],
  ["clock", "Nobody publishes"],
  ["queue", "Bars wait for workers"],
  ["snapshot", "Publishing is late"],
];

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
  #answered = false;
  #problem = "";
  #asked = 0;
  #next = 0;
  #minute = 0;
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
  }

  /** A board was published just now. */
  published() {
    this.#published = performance.now();
  }

  /** The boards show bars up to `newest`, Unix milliseconds; 0: they are empty. */
  see(newest) {
    this.#clock.see(newest);
    // Sessions change on the minute, and with an emptied board.
    const minute = Math.floor(newest / MINUTE);
    if (minute !== this.#minute) this.ask();
    this.#minute = minute;
  }

  /** Ask the gateway for what feeds do not tell, now and regularly from then on. */
  async ask() {
    const asked = ++this.#asked;
    clearTimeout(this.#next);
    try {
      if (!document.hidden && this.#feeds().some(({ state }) => state === "open")) await this.#askNow(asked);
    } finally {
      // Whatever came of it, it is asked again.
      const soon = this.#problem || this.#clock.behind() > LATE;
      if (asked === this.#asked) this.#next = setTimeout(() => this.ask(), soon ? ASK_AGAIN : ASK_EVERY);
    }
  }

  async #askNow(asked) {
    const [told, health] = await Promise.all(
      // The feeds tell of a gateway that is gone, and they tell it sooner.
      ["api/status", "healthz"].map((path) => answer(path).catch(() => null)),
    );
    if (asked !== this.#asked) return;
    if (health) this.#problem = PROBLEMS.find(([part]) => isAmiss(health, part))?.[1] ?? "";
    const status = statusOf(told);
    if (status) this.#learn(status);
    this.draw();
  }

  #learn(status) {
    this.#answered = true;
    this.#clock.set(status);
    set(this.#session, sessionName(status.session, this.#clock.now(), status));
    if (status.published_at === null) return;
    // By the server's clock, where the page was not there when it was published.
    const at = performance.now() - (status.now - status.published_at);
    if (this.#published === null || at > this.#published + SLACK) this.#published = at;
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
    const said = { live: "Live", late: "Bars are late", lost: "Disconnected", silent: what, locked: what }[state];
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
      const again = this.#pill.dataset.state === "lost";
      return again ? { state: "lost", what: "Disconnected, trying" } : { state: "connecting", what: "Connecting" };
    }
    if (this.#problem) return { state: "silent", what: this.#problem };
    const seconds = this.#seconds();
    // What the cache held can be of any age.
    if (seconds === null && !this.#answered) return { state: "connecting", what: "Connecting" };
    if (seconds !== null && seconds > QUIET) return { state: "quiet", what: "No change" };
    // What is published now can still be of bars that waited long.
    return this.#clock.behind() > LATE ? { state: "late", what: "Bars late" } : { state: "live", what: "Live" };
  }

  #ageText(state) {
    const seconds = this.#seconds();
    if (seconds === null) return "";
    if (state === "quiet") return `for ${duration(seconds)}`;
    if (state === "late") return `by ${duration(this.#clock.behind())}`;
    return state === "live" && seconds < QUIET ? `${seconds.toFixed(1)} s ago` : `data ${duration(seconds)} old`;
  }
}
