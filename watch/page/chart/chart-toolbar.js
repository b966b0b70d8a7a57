// The buttons above the chart: how long a candle is, how much of the day is shown, and whether as a table.

import { make, makeText } from "../elements.js";

/** Minutes of a candle. */
export const INTERVALS = [1, 5, 15];

/** Buttons, and which of them are pressed. */
export class ChartToolbar {
  element = make("div", "chart-tools", { role: "toolbar", "aria-label": "Chart" });
  /** @type {Map<number, HTMLButtonElement>} */
  #intervals;
  #table;
  #zooms;

  /**
   * @param {object} actions
   * @param {(minutes: number) => void} actions.onInterval
   * @param {(direction: "in" | "out") => void} actions.onZoom
   * @param {() => void} actions.onDay
   * @param {() => void} actions.onTable
   */
  constructor({ onInterval, onZoom, onDay, onTable }) {
    this.#intervals = new Map(INTERVALS.map((minutes) => {
      return [minutes, button(`${minutes}m`, `${minutes}m candles`, () => onInterval(minutes))];
    }));
    this.#zooms = [
      button("\u2212", "Show more of the day", () => onZoom("out")),
      button("+", "Show less of the day", () => onZoom("in")),
      button("Day", "Show the whole day", onDay),
    ];
    this.#table = button("Table", "Show the candles as a table", onTable);
    const group = make("span", "intervals", { role: "group", "aria-label": "Candles of" });
    group.append(...this.#intervals.values());
    this.element.append(group, ...this.#zooms, this.#table);
  }

  /** @param {number} minutes of a candle */
  set interval(minutes) {
    for (const [each, element] of this.#intervals) element.setAttribute("aria-pressed", String(each === minutes));
  }

  /** @param {boolean} isTable */
  set isTable(isTable) {
    this.#table.setAttribute("aria-pressed", String(isTable));
    for (const element of this.#zooms) element.disabled = isTable;
  }
}

/**
 * @param {string} text
 * @param {string} name
 * @param {() => void} onClick
 */
function button(text, name, onClick) {
  const made = makeText("button", "plain", text);
  made.type = "button";
  made.title = name;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", onClick);
  return made;
}
