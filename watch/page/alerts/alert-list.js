// The list of alerts: a button each, which selects its symbol.

import { make, makeText } from "../elements.js";
import { newYorkTime, timeOfDay } from "../status/new-york-time.js";

/** @import { Selection } from "../selection/selection.js" */
/** @import { Alert } from "../store/alert-feed.js" */

/** Shows alerts, newest first. What is shown already stays as it is. */
export class AlertList {
  element = make("ol", "alert-list");
  #selection;
  /** By id. @type {Map<string, { item: HTMLLIElement, alert: Alert }>} */
  #items = new Map();

  /** @param {Selection} selection */
  constructor(selection) {
    this.#selection = selection;
    selection.watch(() => this.#mark());
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * @param {Alert[]} alerts newest first
   * @param {Map<string, string>} titles of rules, by name
   * @param {number} seenAt alerts that fired later were not seen yet, Unix milliseconds
   */
  show(alerts, titles, seenAt) {
    const shown = new Set(alerts.map(({ id }) => id));
    for (const [id, { item }] of this.#items) {
      if (shown.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    alerts.forEach((alert, place) => {
      const { item } = this.#items.get(alert.id) ?? this.#make(alert, titles.get(alert.rule) ?? alert.rule);
      item.classList.toggle("unseen", alert.at > seenAt);
      if (this.element.children[place] !== item) this.element.insertBefore(item, this.element.children[place] ?? null);
    });
    this.#mark();
  }

  /**
   * @param {Alert} alert
   * @param {string} title of its rule
   */
  #make(alert, title) {
    const { id, symbol, at, text } = alert;
    const button = make("button", "alert", { type: "button", title: `${title}, ${newYorkTime(at)}` });
    const time = makeText("time", "at", timeOfDay(at));
    time.dateTime = new Date(at).toISOString();
    // Its text begins with the symbol.
    const rest = text.startsWith(`${symbol} `) ? text.slice(symbol.length) : ` ${text}`;
    const words = makeText("span", "words", rest);
    words.prepend(makeText("strong", "symbol", symbol));
    button.append(time, words);
    button.addEventListener("click", () => this.#selection.choose(symbol, "alerts"));
    const item = make("li");
    item.append(button);
    const made = { item, alert };
    this.#items.set(id, made);
    return made;
  }

  /** Mark the alerts of the selected symbol. */
  #mark() {
    for (const { item, alert } of this.#items.values()) {
      const isSelected = alert.symbol === this.#selection.symbol;
      item.classList.toggle("active", isSelected);
      item.firstElementChild?.setAttribute("aria-pressed", String(isSelected));
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
