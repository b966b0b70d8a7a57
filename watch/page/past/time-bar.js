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
/** @import { RecordedDay } from "./time-axis.js" */

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
      isReady: () => !store.isWaiting,
      end: () => this.#axis?.last ?? 0,
      onChange: (hasEnded) => this.#onPlaying(hasEnded),
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
    store.onMoment(() => this.#draw());
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
    await this.#readDays();
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
    this.#axis = new TimeAxis(day, () => this.#status.isReplay);
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
    const at = this.#axis?.parse(text) ?? null;
    if (at !== null) this.#time.show(at);
    return at !== null;
  }

  /** @param {number} milliseconds */
  async #step(milliseconds) {
    if (this.#bar.hidden) await this.open();
    if (this.#axis === null) return;
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
    if (Date.now() - (this.#axis?.last ?? 0) < NEAR_MS) this.close();
    this.#hasEnded = !this.#time.isLive;
    this.#draw();
  }

  #onTime() {
    this.#hasEnded = false;
    document.body.dataset.time = this.#time.isLive ? "live" : "past";
    this.#store.at(this.#time.at);
    this.#draw();
  }

  /** The market's time at the second that is shown, Unix milliseconds; null: live. */
  #market() {
    const { at } = this.#time;
    if (at === null || this.#axis === null) return null;
    const { moment } = this.#store;
    const isKnown = this.#status.isReplay && moment?.at === at;
    return isKnown && moment.newestBar !== null ? moment.newestBar : this.#axis.market(at);
  }

  #draw() {
    const market = this.#market();
    this.#controls.show(this.#time.at, market);
    const ended = this.#hasEnded ? "That is all that is recorded of this day" : "";
    this.#controls.note(this.#store.unknown || this.#noDays || ended);
    const day = this.#store.moment?.day ?? this.#axis?.day;
    const hours = this.#axis?.hours ?? null;
    this.#status.showPast(market === null || !day ? null : { time: market, session: `Past, ${dayName(day)}`, hours });
    if (market === null) this.#tab.say("time", "");
    else this.#tab.say("time", `\u25c0 ${timeOfDay(market)}`, ICON);
  }
}
