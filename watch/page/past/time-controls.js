// The controls of the past: elements only. The time bar says what they do.

import { make, makeText } from "../elements.js";
import { dayName, spokenDay } from "../status/session-name.js";
import { timeOfDay } from "../status/new-york-time.js";
import { SPEEDS } from "./player.js";

/** @import { Speed } from "./player.js" */
/** @import { RecordedDay, TimeAxis } from "./time-axis.js" */

/**
 * What the user does.
 *
 * @typedef {object} TimeActions
 * @property {() => void} live
 * @property {(milliseconds: number) => void} step by so much
 * @property {() => void} playOrPause
 * @property {(speed: Speed) => void} speed
 * @property {(day: string) => void} day
 * @property {(at: number) => void} slide to a second of the axis, Unix milliseconds
 * @property {(text: string) => boolean} type a time of day; returns whether it is one
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const PAGE_STEPS = 60;

/** Buttons, a day, a time of day and a slider. */
export class TimeControls {
  #actions;
  #live = button("live", "Live", "Back to the present. Shortcut: l");
  #play = button("play", "\u25b6", "");
  #days = make("select", "", { "aria-label": "Day" });
  #clock = make("input", "at", { "aria-label": "Time in New York", maxlength: "8", autocomplete: "off", inputmode: "numeric" });
  /** In seconds from the first one of the axis: screen readers have not enough digits for times since 1970. */
  #slider = make("input", "slider", { type: "range", "aria-label": "Time of the day" });
  #marks = make("div", "marks", { "aria-hidden": "true" });
  #note = make("output", "note");
  #pace = make("span", "pace");
  /** @type {TimeAxis | null} */
  #axis = null;
  #shownDays = "";
  #isTyping = false;
  /** All but the way back to the present: without a day there is nothing to choose from. */
  #choices = make("fieldset", "choices");

  /**
   * @param {Element} place takes the controls
   * @param {TimeActions} actions
   */
  constructor(place, actions) {
    this.#actions = actions;
    this.#live.addEventListener("click", () => actions.live());
    this.#play.addEventListener("click", () => actions.playOrPause());
    this.#days.addEventListener("change", () => actions.day(this.#days.value));
    this.#slider.addEventListener("input", () => {
      if (this.#axis) actions.slide(this.#axis.first + Number(this.#slider.value) * SECOND_MS);
    });
    this.#slider.addEventListener("keydown", (event) => this.#onPage(event));
    this.#clock.addEventListener("input", () => this.#setTyping(true));
    this.#clock.addEventListener("blur", () => this.#setTyping(false));
    this.#clock.addEventListener("change", () => this.#onTyped());
    const track = make("div", "track");
    track.append(this.#marks, this.#slider);
    const steps = make("div", "steps", { role: "group", "aria-label": "Steps" });
    steps.append(
      this.#step("\u2212 1 m", -MINUTE_MS, "A minute back. Shortcut: Shift and ["),
      this.#step("\u2212 1 s", -SECOND_MS, "A second back. Shortcut: ["),
      this.#play,
      this.#step("+ 1 s", SECOND_MS, "A second on. Shortcut: ]"),
      this.#step("+ 1 m", MINUTE_MS, "A minute on. Shortcut: Shift and ]"),
      this.#speeds(),
      this.#pace,
    );
    this.#choices.append(this.#days, this.#clock, steps, track);
    this.#choices.disabled = true;
    place.append(this.#live, this.#choices, this.#note);
    this.setPlaying(false);
  }

  /**
   * @param {string} text
   * @param {number} milliseconds
   * @param {string} title
   */
  #step(text, milliseconds, title) {
    const made = button("", text, title);
    made.addEventListener("click", () => this.#actions.step(milliseconds));
    return made;
  }

  #speeds() {
    const select = make("select", "", { "aria-label": "Speed" });
    select.append(...SPEEDS.map((speed) => new Option(`${speed}\u00d7`, String(speed))));
    select.addEventListener("change", () => {
      this.#actions.speed(/** @type {Speed} */ (Number(select.value)));
    });
    return select;
  }

  /**
   * A page of a slider is a tenth of it in browsers: more than an hour of the day.
   *
   * @param {KeyboardEvent} event
   */
  #onPage(event) {
    const step = { PageUp: PAGE_STEPS, PageDown: -PAGE_STEPS }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#actions.step(step * SECOND_MS);
  }

  /** @param {boolean} isTyping whether the time that is in the field is the user's */
  #setTyping(isTyping) {
    this.#isTyping = isTyping;
  }

  #onTyped() {
    this.#setTyping(false);
    const isTime = this.#actions.type(this.#clock.value);
    this.#clock.toggleAttribute("aria-invalid", !isTime);
    if (!isTime) this.note("A time is expected, as 09:31:07");
  }

  /** @param {RecordedDay[]} days the oldest first */
  setDays(days) {
    const names = days.map(({ day }) => day);
    if (names.join() === this.#shownDays) return;
    this.#shownDays = names.join();
    const { value } = this.#days;
    this.#days.replaceChildren(...names.toReversed().map((day) => new Option(dayName(day), day)));
    if (names.includes(value)) this.#days.value = value;
  }

  /** @param {TimeAxis} axis along which the slider moves from now on */
  setAxis(axis) {
    this.#axis = axis;
    this.#choices.disabled = false;
    this.#days.value = axis.day;
    this.#slider.max = String((axis.last - axis.first) / SECOND_MS);
    this.#marks.replaceChildren(
      ...axis.marks().map(({ kind, from, to, why }) => {
        const mark = make("div", kind);
        mark.style.left = `${from * 100}%`;
        mark.style.width = `${(to - from) * 100}%`;
        mark.title = why;
        return mark;
      }),
    );
  }

  /**
   * @param {number | null} at the second that is shown, Unix milliseconds; null: live
   * @param {number | null} market the market's time then, Unix milliseconds; null: unknown
   */
  show(at, market) {
    const text = market === null ? "" : timeOfDay(market);
    this.#live.setAttribute("aria-pressed", String(at === null));
    if (this.#axis) {
      this.#slider.value = String(((at ?? this.#axis.last) - this.#axis.first) / SECOND_MS);
      this.#slider.setAttribute("aria-valuetext", at === null ? "Live" : `${text}, ${spokenDay(this.#axis.day)}`);
    }
    if (!this.#isTyping) this.#clock.value = text;
    this.#clock.removeAttribute("aria-invalid");
  }

  /** @param {boolean} isPlaying */
  setPlaying(isPlaying) {
    this.#play.textContent = isPlaying ? "\u275a\u275a" : "\u25b6";
    const title = isPlaying ? "Pause" : "Play";
    this.#play.title = title;
    this.#play.setAttribute("aria-label", title);
  }

  /**
   * Say beside the speed that it plays slower.
   *
   * @param {number | null} pace how many times as fast it really plays; null: as fast as it should
   * @param {Speed} speed
   */
  showPace(pace, speed) {
    const text = pace === null ? "" : `Playing at ${pace < 1 ? "under 1" : Math.floor(pace)}\u00d7 of ${speed}\u00d7`;
    if (this.#pace.textContent !== text) this.#pace.textContent = text;
    this.#pace.title = text && "The server cannot answer faster";
  }

  /**
   * Say something beside the controls.
   *
   * @param {string} text
   */
  note(text) {
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }
}

/**
 * @param {string} className
 * @param {string} text
 * @param {string} title
 */
function button(className, text, title) {
  const made = makeText("button", className, text);
  made.type = "button";
  made.title = title;
  return made;
}
