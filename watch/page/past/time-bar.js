// The time bar: chooses a second of the past for the whole desk, plays it, and leads back to the present.

import { byId } from "../elements.js";
import { askHistory } from "../gateway/requests.js";
import { timeOfDay } from "../status/new-york-time.js";
import { dayName } from "../status/session-name.js";
import { Player } from "./player.js";
import { TimeAxis, readDays } from "./time-axis.js";
import { TimeControls } from "./time-controls.js";

/** @import { Shortcuts } from "../keys/shortcuts.js" */
/** @import { StatusView } from "../status/status-view.js" */
/** @import { Store } from "../store/store.js" */
/** @import { TabSign } from "../tab/tab-sign.js" */
/** @import { DeskTime } from "./desk-time.js" */
/** @import { Known, RecordedDay } from "./time-axis.js" */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** While the bar is open, the present day grows. */
const ASK_DAYS_EVERY_MS = 10_000;
/** Who plays up to so close to the present is live. */
const NEAR_MS = 20_000;
const ICON = "past/icon-past.svg";

/** Opens below the head of the page. */
export class TimeBar {
  #time;
  #store;
  #status;
  #tab;
  #player;
  #controls;
  #bar = byId("time-bar", HTMLElement);
  #opener = byId("past-open", HTMLButtonElement);
  /** @type {RecordedDay[]} */
  #days = [];
  /** @type {TimeAxis | null} */
  #axis = null;
  #timer = 0;
  /** The second of a link, until it is known which days there are, Unix milliseconds; null: none. @type {number | null} */
  #linked = null;
  /** Why there is no day to look at; empty: there is one. */
  #noDays = "";
  /** Whether it has played up to the last second, which is still shown. */
  #hasEnded = false;
  /** Until the days are read that the bar needs when it is opened. */
  #opening = Promise.resolve();
  /** By the day, what is known of its time. @type {Map<string, Known[]>} */
  #known = new Map();
  /** What is sought in the day: the market's time, and the seconds that were tried. @type {{ market: number, tried: Set<number> } | null} */
  #sought = null;

  /**
   * @param {object} parts
   * @param {DeskTime} parts.time
   * @param {Store} parts.store
   * @param {StatusView} parts.status
   * @param {TabSign} parts.tab
   * @param {Shortcuts} parts.shortcuts
   */
  constructor({ time, store, status, tab, shortcuts }) {
    this.#time = time;
    this.#store = store;
    this.#status = status;
    this.#tab = tab;
    this.#player = new Player(time, {
      ahead: store.past.ahead,
      end: () => this.#axis?.last ?? 0,
      onSecond: (second) => store.past.showRead(second),
      onChange: (hasEnded) => this.#onPlaying(hasEnded),
      onPace: (pace) => this.#controls.showPace(pace, this.#player.speed),
    });
    this.#controls = new TimeControls(this.#bar, {
      live: () => this.close(),
      step: (milliseconds) => void this.#step(milliseconds),
      playOrPause: () => void this.#playOrPause(),
      speed: (speed) => {
        this.#player.speed = speed;
      },
      day: (day) => this.#choose(day),
      slide: (at) => time.show(at),
      type: (text) => this.#type(text),
    });
    this.#opener.hidden = false;
    this.#opener.addEventListener("click", () => (this.#bar.hidden ? void this.open() : this.close()));
    time.watch(() => this.#onTime());
    store.past.watch(() => this.#onShown());
    this.#addShortcuts(shortcuts);
  }

  /** @param {Shortcuts} shortcuts */
  #addShortcuts(shortcuts) {
    const past = { group: "Past" };
    /** @type {[string, number, string, string?][]} */
    const steps = [
      ["[", -SECOND_MS, "A second back"],
      ["]", SECOND_MS, "A second on"],
      ["{", -MINUTE_MS, "A minute back", "Shift + ["],
      ["}", MINUTE_MS, "A minute on", "Shift + ]"],
    ];
    for (const [key, milliseconds, title, label] of steps) {
      shortcuts.add({ ...past, key, title, label, repeats: true, run: () => void this.#step(milliseconds) });
    }
    shortcuts.add({ ...past, key: "l", title: "Live: back to the present", run: () => this.close() });
  }

  /** Open the bar, and read which days there are. The desk stays live until another second is chosen. */
  async open() {
    this.#bar.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    this.#opening = this.#readDays();
    await this.#opening;
  }

  /**
   * Open the bar at a second.
   *
   * @param {number} at Unix milliseconds
   */
  async openAt(at) {
    this.#linked = at;
    await this.open();
  }

  /** Back to the present. */
  close() {
    const hadKeyboard = this.#bar.contains(document.activeElement);
    this.#linked = null;
    this.#sought = null;
    this.#player.pause();
    this.#time.live();
    clearTimeout(this.#timer);
    this.#bar.hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    if (hadKeyboard) this.#opener.focus();
  }

  async #readDays() {
    clearTimeout(this.#timer);
    if (this.#axis === null) this.#controls.note("Reading which days are recorded");
    const answer = await askHistory("api/days").then((response) => response.json()).catch(() => null);
    const days = readDays(answer);
    this.#noDays = "";
    if (days.length > 0) {
      this.#days = days;
      this.#controls.setDays(days);
      const chosen = this.#axis?.day;
      this.#setAxis(days.find(({ day }) => day === chosen) ?? days[days.length - 1]);
      this.#followLink();
    } else if (this.#axis === null) {
      this.#noDays = answer?.error ?? (answer ? "Nothing is recorded yet" : "The gateway does not answer");
    }
    this.#draw();
    if (!this.#bar.hidden) this.#timer = window.setTimeout(() => void this.#readDays(), ASK_DAYS_EVERY_MS);
  }

  /** A link may have been opened before the gateway had the user's key. */
  #followLink() {
    const at = this.#linked;
    this.#linked = null;
    if (at === null || this.#axis === null) return;
    this.#setAxis(this.#days.findLast(({ from }) => from <= at) ?? this.#days[0]);
    this.#time.show(this.#axis.nearest(at));
  }

  /** @param {RecordedDay} day */
  #setAxis(day) {
    const known = this.#known.get(day.day) ?? [];
    this.#known.set(day.day, known);
    this.#axis = new TimeAxis(day, () => this.#status.isReplay, known);
    this.#controls.setAxis(this.#axis);
    this.#controls.show(this.#time.at, this.#market());
  }

  /**
   * Show the same time of another day; from the present, that day's open.
   *
   * @param {string} name of the day, as ISO says
   */
  #choose(name) {
    const day = this.#days.find((each) => each.day === name);
    if (!day) return;
    const market = this.#market();
    const clock = this.#time.isLive || market === null ? timeOfDay(day.hours.open) : timeOfDay(market);
    this.#setAxis(day);
    this.#type(clock);
  }

  /** @param {string} text a time of day */
  #type(text) {
    const market = this.#axis?.parse(text) ?? null;
    if (market !== null) this.#seek(market);
    return market !== null;
  }

  /** @param {number} market the market's time to show, Unix milliseconds */
  #seek(market) {
    const at = this.#axis?.second(market) ?? null;
    if (at === null) return;
    this.#sought = { market, tried: new Set([at]) };
    // What could not be shown is asked for once more.
    if (at === this.#time.at) this.#store.past.ask();
    this.#time.show(at);
  }

  /** The second that is shown may be another one than that which was sought: now more is known of the day. */
  #seekOn() {
    const { at, moment } = this.#store.past;
    if (at === null || moment === null || moment.at !== at || moment.newestBar === null) return;
    this.#axis?.learn(at, moment.newestBar);
    const next = this.#sought && this.#axis?.second(this.#sought.market);
    if (!this.#sought || !next || next === at || this.#sought.tried.has(next)) {
      this.#sought = null;
      return;
    }
    this.#sought.tried.add(next);
    this.#time.show(next);
  }

  /** @param {number} milliseconds */
  async #step(milliseconds) {
    if (this.#bar.hidden) void this.open();
    // Each step counts, also while the days are being read.
    await this.#opening;
    if (this.#axis === null || this.#bar.hidden) return;
    const from = this.#time.at;
    if (from === null && milliseconds > 0) return;
    this.#time.show(this.#axis.nearest((from ?? this.#axis.last) + milliseconds));
  }

  async #playOrPause() {
    if (this.#player.isPlaying) {
      this.#player.pause();
      return;
    }
    if (this.#time.isLive) await this.#step(-MINUTE_MS);
    this.#player.play();
  }

  /** @param {boolean} hasEnded */
  #onPlaying(hasEnded) {
    this.#controls.setPlaying(this.#player.isPlaying);
    if (!hasEnded) return;
    if (this.#status.serverTime - (this.#axis?.last ?? 0) < NEAR_MS) this.close();
    this.#hasEnded = !this.#time.isLive;
    this.#draw();
  }

  #onTime() {
    this.#hasEnded = false;
    const { at } = this.#time;
    if (at !== null && !this.#sought?.tried.has(at)) this.#sought = null;
    document.body.dataset.time = this.#time.isLive ? "live" : "past";
    this.#store.at(at);
    this.#draw();
  }

  #onShown() {
    this.#seekOn();
    this.#draw();
  }

  /**
   * The market's time at a second, Unix milliseconds; null: none, or no day.
   *
   * @param {number | null} at
   */
  #marketAt(at) {
    if (at === null || this.#axis === null) return null;
    const { moment } = this.#store.past;
    const isKnown = this.#status.isReplay && moment?.at === at;
    return isKnown && moment.newestBar !== null ? moment.newestBar : this.#axis.market(at);
  }

  /** The market's time at the second that is wanted, Unix milliseconds; null: live. */
  #market() {
    return this.#marketAt(this.#time.at);
  }

  #draw() {
    const market = this.#market();
    this.#controls.show(this.#time.at, market);
    const { past } = this.#store;
    const ended = this.#hasEnded ? "That is all that is recorded of this day" : "";
    this.#controls.note(past.unknown || this.#noDays || ended);
    document.body.toggleAttribute("data-loading", past.isLoading);
    const day = past.moment?.day ?? this.#axis?.day;
    // Head and tab are of what is shown, whatever is wanted.
    const shown = this.#marketAt(past.shownAt);
    this.#status.showPast(
      market === null || !day ? null : {
        time: shown,
        session: `Past, ${dayName(day)}`,
        hours: this.#axis?.hours ?? null,
        loading: past.isLoading ? timeOfDay(market) : "",
      },
    );
    if (market === null) this.#tab.say("time", "");
    else this.#tab.say("time", `\u25c0 ${timeOfDay(shown ?? market)}`, ICON);
  }
}
