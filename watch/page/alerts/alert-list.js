// The list of alerts: a button each, which selects its symbol.

import { make, makeText } from "../elements.js";
import { timeDetail, timeText } from "./alert-time.js";

/** @import { Selection } from "../selection/selection.js" */
/** @import { Alert } from "../store/alert-feed.js" */
/** @import { AlertClock } from "./alert-time.js" */

/**
 * What is shown of an alert.
 *
 * @typedef {object} Item
 * @property {HTMLLIElement} item
 * @property {HTMLButtonElement} button
 * @property {HTMLTimeElement} time
 * @property {Alert} alert
 * @property {string} title of its rule
 * @property {number} at the market's time that is shown, Unix milliseconds
 */

/** Shows alerts, newest first. What is shown already stays as it is. */
export class AlertList {
  element = make("ol", "alert-list");
  #selection;
  #clock;
  /** By id. @type {Map<string, Item>} */
  #items = new Map();
  /** What follows the oldest one. */
  #end = make("li", "alert-end");
  #earlier = makeText("button", "", "Earlier alerts");
  #note = makeText("p", "note", "");

  /**
   * @param {Selection} selection
   * @param {AlertClock} clock
   * @param {() => void} onEarlier called when the user wants earlier ones
   */
  constructor(selection, clock, onEarlier) {
    this.#selection = selection;
    this.#clock = clock;
    this.#earlier.type = "button";
    this.#earlier.addEventListener("click", onEarlier);
    this.#end.append(this.#earlier, this.#note);
    selection.watch(() => this.#mark());
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * @param {Alert[]} alerts newest first
   * @param {object} known of them
   * @param {Map<string, number>} known.times the market's, Unix milliseconds, by the alert's id
   * @param {Map<string, string>} known.titles of rules, by name
   * @param {number} known.seenAt alerts that fired later were not seen yet, Unix milliseconds
   */
  show(alerts, { times, titles, seenAt }) {
    const shown = new Set(alerts.map(({ id }) => id));
    for (const [id, { item }] of this.#items) {
      if (shown.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    alerts.forEach((alert, place) => {
      const made = this.#items.get(alert.id) ?? this.#make(alert, titles.get(alert.rule) ?? alert.rule);
      const { item } = made;
      const at = times.get(alert.id) ?? alert.at;
      if (made.at !== at) this.#writeTime(Object.assign(made, { at }));
      item.classList.toggle("unseen", alert.at > seenAt);
      if (this.element.children[place] !== item) this.element.insertBefore(item, this.element.children[place] ?? null);
    });
    this.#mark();
  }

  /**
   * Say what follows the oldest alert.
   *
   * @param {boolean} hasEarlier whether there may be earlier ones
   * @param {string} note empty: none
   */
  showEnd(hasEarlier, note) {
    this.#earlier.hidden = !hasEarlier;
    this.#note.hidden = note === "";
    this.#note.textContent = note;
    if (!hasEarlier && note === "") this.#end.remove();
    else if (!this.#end.isConnected) this.element.append(this.#end);
  }

  /**
   * Move the keyboard to an alert.
   *
   * @param {string} id
   */
  focus(id) {
    this.#items.get(id)?.button.focus();
  }

  /** Write the times anew: the market's day or its clock is another one. */
  writeTimes() {
    for (const each of this.#items.values()) this.#writeTime(each);
  }

  /** @param {Item} item */
  #writeTime({ button, time, alert, title, at }) {
    button.title = `${title}, ${timeDetail(at, alert, this.#clock)}`;
    time.textContent = timeText(at, this.#clock);
    time.dateTime = new Date(at).toISOString();
  }

  /**
   * @param {Alert} alert
   * @param {string} title of its rule
   */
  #make(alert, title) {
    const { id, symbol, text } = alert;
    const button = make("button", "alert", { type: "button" });
    const time = make("time", "at");
    // Its text begins with the symbol.
    const rest = text.startsWith(`${symbol} `) ? text.slice(symbol.length) : ` ${text}`;
    const words = makeText("span", "words", rest);
    words.prepend(makeText("strong", "symbol", symbol));
    button.append(time, words);
    button.addEventListener("click", () => this.#selection.choose(symbol, "alerts"));
    const item = make("li");
    item.append(button);
    const made = { item, button, time, alert, title, at: NaN };
    this.#items.set(id, made);
    return made;
  }

  /** Mark the alerts of the selected symbol. */
  #mark() {
    for (const { item, button, alert } of this.#items.values()) {
      const isSelected = alert.symbol === this.#selection.symbol;
      if (button.getAttribute("aria-pressed") === String(isSelected)) continue;
      item.classList.toggle("active", isSelected);
      button.setAttribute("aria-pressed", String(isSelected));
    }
  }

  /**
   * Arrow keys move among the alerts.
   *
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    const next = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key];
    const button = next?.firstElementChild;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    button.focus();
  }
}
