// The head of the page: the market's session and time, whether the page is connected, and how old its data is.

import { byId, onlyText } from "../elements.js";
import { ask } from "../gateway/requests.js";
import { readStatus } from "../gateway/validation.js";
import { Attention } from "./attention.js";
import { BarFlow } from "./bar-flow.js";
import { Calendar, readCalendar, tradingAt } from "./calendar.js";
import { LATE, connectionState } from "./connection-state.js";
import { Dimming } from "./dimming.js";
import { MarketClock } from "./market-clock.js";
import { isoDay, newYorkTime } from "./new-york-time.js";
import { Problems } from "./problems.js";
import { sessionName } from "./session-name.js";
import { StatusDetails } from "./status-details.js";

/** @import { Board } from "../declarations.js" */
/** @import { Status } from "../gateway/validation.js" */
/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Store } from "../store/store.js" */
/** @import { TabSign } from "../tab/tab-sign.js" */
/** @import { DayHours, Trading } from "./calendar.js" */
/** @import { Said, StateName } from "./connection-state.js" */

const ASK_EVERY_MS = 5_000;
/** While something is wrong. */
const ASK_AGAIN_MS = 1_000;
const ASK_CALENDAR_EVERY_MS = 60_000;
const SECOND_MS = 1_000;
/** By so much the page's measure of the data's age may differ from the server's. */
const TOLERANCE_MS = 1_000;
/** Seconds of silence from which on the gateway is asked more often. */
const SILENT = 2;
/** A system that is started publishes within this time. */
const STARTING_MS = 15_000;

/** @type {Record<StateName, string>} */
const SIGNS = {
  connecting: "\u2026",
  starting: "\u2026",
  live: "\u25cf",
  closed: "\u25cb",
  late: "\u25b2",
  halted: "\u2715",
  unwell: "\u25b2",
  lost: "\u2715",
  locked: "\u25a0",
  past: "\u25c0",
};
/** What the tab says of, because its rows are not those of now. @type {StateName[]} */
const TROUBLE = ["late", "halted", "unwell", "lost", "locked"];
/** In which the present may be another than what is shown of it. @type {StateName[]} */
const OUTDATED = ["halted", "unwell", "lost"];
const TROUBLE_ICON = "status/icon-trouble.svg";

/**
 * What is shown of the past.
 *
 * @typedef {object} Past
 * @property {number | null} time the market's, Unix milliseconds; null: none of the past is shown yet
 * @property {string} session its name
 * @property {DayHours | null} hours of its day; null: unknown
 * @property {string} loading the time of another second, which is awaited; empty: none is
 */

/** Asks the gateway how things stand, and shows it. */
export class StatusView {
  #store;
  #time;
  #tab;
  #details;
  #clock = new MarketClock();
  #calendar = new Calendar();
  #attention = new Attention();
  #flow = new BarFlow();
  #problems = new Problems();
  #dimming = new Dimming();
  /** When a board was last published, by the gateway's status, milliseconds of performance.now(). @type {number | null} */
  #publishedByStatus = null;
  /** The newest status; null: none has come. @type {Status | null} */
  #status = null;
  /** The newest health, unvalidated. @type {any} */
  #health = null;
  /** When it was first seen that nothing was published yet, milliseconds of performance.now(). @type {number | null} */
  #emptySince = null;
  /** What is shown of the past, instead of the present session and time. @type {Past | null} */
  #past = null;
  /** When the newest status came, milliseconds of performance.now(). */
  #learnedAt = -Infinity;
  #askedCalendarAt = -Infinity;
  /** Requests that were sent; only the answer to the newest counts. */
  #requests = 0;
  #timer = 0;
  /** The clock and the market's day, of which listeners know. */
  #day = "";
  /** @type {(() => void)[]} */
  #dayListeners = [];
  /** @type {StateName} */
  #state = "connecting";
  #pill = byId("state", HTMLElement);
  #sign = onlyText(byId("state-sign", HTMLElement));
  #words = onlyText(byId("state-words", HTMLElement));
  #age = onlyText(byId("age", HTMLElement));
  #announcement = onlyText(byId("announcement", HTMLElement));
  #session = onlyText(byId("session", HTMLElement));
  #shownTime = onlyText(byId("clock", HTMLElement));

  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {DeskTime} parts.time
   * @param {TabSign} parts.tab
   * @param {Board[]} parts.boards those that are declared
   */
  constructor({ store, time, tab, boards }) {
    this.#store = store;
    this.#time = time;
    this.#tab = tab;
    this.#details = new StatusDetails(store, boards);
    store.onConnection(() => {
      if (store.connection.state === "open") void this.ask();
      this.draw();
    });
    this.#drawEachSecond();
  }

  /** The market's time at the second that is shown, Unix milliseconds; null: unknown. */
  get marketTime() {
    return this.#past ? this.#past.time : this.#clock.now();
  }

  /** The market while it trades, at the second that is shown; null: it is closed, or nobody knows. @returns {Trading | null} */
  get trading() {
    return tradingAt(this.marketTime, this.#past ? this.#past.hours : this.#market()?.day.hours ?? null);
  }

  /** For how long rows are recorded for fields that compare with minutes before, seconds; null: unknown. */
  get recorded() {
    const since = this.#status?.windows_since ?? null;
    if (!this.#status || since === null) return null;
    return (this.#status.now - since + performance.now() - this.#learnedAt) / 1000;
  }

  /** @param {number} newest when the newest bar on the shown boards ended, Unix milliseconds; 0: there is none */
  see(newest) {
    if (this.#time.isLive) this.#clock.see(newest);
  }

  /** @param {Past | null} past what the desk shows; null: it is live */
  showPast(past) {
    this.#past = past;
    this.draw();
  }

  /** Whether the boards' time is that of the bars, as in a replay. */
  get isReplay() {
    return this.#status !== null && this.#status.clock !== "wall";
  }

  /** The server's time, Unix milliseconds, by which alerts fire and boards are published; this machine's before the first status. */
  get serverTime() {
    return this.#clock.server();
  }

  /** @param {() => void} listener called when the market's day at the second that is shown has changed, or its clock */
  onDay(listener) {
    this.#dayListeners.push(listener);
  }

  /** Ask the gateway now, and regularly from then on. */
  async ask() {
    const request = ++this.#requests;
    clearTimeout(this.#timer);
    try {
      // In a background tab too: nothing else tells there that bars have stopped.
      if (this.#store.connection.state === "open") await this.#askNow(request);
    } finally {
      if (request === this.#requests) {
        this.#timer = window.setTimeout(() => this.ask(), this.#isCalm() ? ASK_EVERY_MS : ASK_AGAIN_MS);
      }
    }
  }

  #isCalm() {
    const silence = (performance.now() - (this.#publishedAt() ?? -Infinity)) / 1000;
    const isSilent = silence > SILENT && this.#market()?.hours !== "closed";
    return !isSilent && this.#problems.newest === null && this.#clock.behind() <= LATE;
  }

  /** @param {number} request */
  async #askNow(request) {
    // If the gateway is gone, the store notices it sooner.
    const [answer, health] = await Promise.all(["api/status", "healthz"].map((path) => ask(path).catch(() => null)));
    if (request !== this.#requests) return;
    if (health) {
      this.#health = health;
      this.#problems.see(health, performance.now());
    }
    const status = readStatus(answer);
    if (status) this.#learn(status);
    this.draw();
  }

  /** @param {Status} status */
  #learn(status) {
    this.#status = status;
    this.#learnedAt = performance.now();
    this.#clock.set(status);
    if (status.published_at === null) {
      this.#emptySince ??= performance.now();
    } else {
      this.#emptySince = null;
      this.#publishedByStatus = performance.now() - (status.now - status.published_at);
    }
    if (this.#market() === null) void this.#askCalendar();
  }

  /** The calendar of the market's days, from the present one on. */
  async #askCalendar() {
    const time = this.#clock.now();
    if (time === null || performance.now() - this.#askedCalendarAt < ASK_CALENDAR_EVERY_MS) return;
    this.#askedCalendarAt = performance.now();
    this.#calendar.set(readCalendar(await ask(`api/calendar?first=${isoDay(time)}`).catch(() => null)));
    this.draw();
  }

  /** The hours that the market is in; null: unknown yet. */
  #market() {
    const time = this.#clock.now();
    return time === null ? null : this.#calendar.at(time);
  }

  /** When a board was last published, milliseconds of performance.now(); null: unknown. */
  #publishedAt() {
    const { publishedAt: seen } = this.#store.connection;
    const byStatus = this.#publishedByStatus;
    // Before the page was opened, or while it followed nothing, nothing was seen.
    return seen === null || (byStatus !== null && byStatus > seen + TOLERANCE_MS) ? byStatus : seen;
  }

  /** When the server's clock has come to its next second: to draw anything has the browser draw the page. */
  #drawEachSecond() {
    this.draw();
    // Not the market's clock: where bars are the clock it stands still between two of them.
    setTimeout(() => this.#drawEachSecond(), SECOND_MS - this.serverTime % SECOND_MS);
  }

  /** Show how things stand at this moment. */
  draw() {
    const said = this.#said(performance.now());
    if (this.#state !== said.state) this.#enter(said);
    this.#dimming.show(this.#time.isLive && OUTDATED.includes(said.state));
    setText(this.#words, said.words);
    setText(this.#age, said.age);
    if (this.#pill.title !== said.cause) this.#pill.title = said.cause;
    const time = this.marketTime;
    const session = this.#past?.session ?? sessionName(this.#market(), this.#status?.session ?? null);
    setText(this.#session, session);
    setText(this.#shownTime, time === null ? "--:--:-- ET" : newYorkTime(time));
    this.#announce(said);
    const day = `${this.isReplay} ${time === null ? "" : isoDay(time)}`;
    if (day === this.#day) return;
    this.#day = day;
    for (const listener of this.#dayListeners) listener();
  }

  /** @param {number} now milliseconds of performance.now() */
  #said(now) {
    const publishedAt = this.#publishedAt();
    if (publishedAt !== null) this.#flow.came(publishedAt);
    const [time, market] = [this.#clock.now(), this.#market()];
    const isOpen = market !== null && market.hours !== "closed";
    // Where bars are the clock, it stands still without them.
    const began = time === null || market === null || this.isReplay ? -Infinity : now - (time - market.since);
    this.#attention.note(now, document.hidden);
    const asOf = this.#attention.asOf(this.#learnedAt);
    const silence = isOpen && asOf !== null ? this.#flow.silence(asOf, began) : 0;
    const known = {
      connection: this.#store.connection.state,
      retryAt: this.#store.connection.retryAt,
      wasLost: this.#state === "lost",
      problem: this.#problems.current(now),
      isStarting: this.#emptySince !== null && now - this.#emptySince < STARTING_MS,
      isEmpty: this.#emptySince !== null,
      age: publishedAt === null ? null : (now - publishedAt) / 1000,
      hasStatus: this.#status !== null,
      market,
      time,
      silence: silence / 1000,
      isHalted: this.#flow.isHalted(silence),
      behind: this.#clock.behind(),
      past: this.#time.at === null ? null : this.#ago(time),
      loading: this.#past?.loading ?? "",
      now,
    };
    this.#details.draw({ ...known, health: this.#health, session: this.#status?.session ?? null });
    return connectionState(known);
  }

  /**
   * By how much the market's time is past that is shown, seconds.
   *
   * @param {number | null} now the market's time, Unix milliseconds; null: unknown
   */
  #ago(now) {
    const shown = this.#past?.time ?? null;
    return now === null || shown === null ? 0 : (now - shown) / 1000;
  }

  /** @param {Said} said */
  #enter({ state }) {
    this.#state = state;
    this.#pill.dataset.state = state;
    this.#sign.data = SIGNS[state];
  }

  /**
   * Tell screen readers and the tab the state, but not the words, which change every second.
   *
   * @param {Said} said
   */
  #announce({ state, words, age }) {
    const sentences = new Map([
      ["live", "Live"],
      ["closed", `Market closed ${age}`],
      ["late", "Data is delayed"],
      ["halted", "No bars come: what is shown may be out of date"],
      ["lost", "Disconnected"],
      ["unwell", words],
      ["locked", words],
      ["past", "The past is shown, not the present"],
    ]);
    const sentence = sentences.get(state);
    if (sentence) setText(this.#announcement, sentence);
    if (TROUBLE.includes(state)) this.#tab.say("state", words.split(",")[0], TROUBLE_ICON);
    else this.#tab.say("state", "");
  }
}

/**
 * @param {Text} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.data !== text) node.data = text;
}
