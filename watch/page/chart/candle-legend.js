// The lines of text above the chart: the figures of one candle, and the prices that are marked.

import { make, makeText } from "../elements.js";
import { price } from "../numbers.js";
import { FIGURES, minuteOfDay, spoken } from "./candle-text.js";

/** @import { Level } from "./levels.js" */
/** @import { Point } from "./plot.js" */

const ABOUT_VWAP = "Average price of the recorded bars, from the first candle on. The quote's VWAP is the feed's, of the whole day.";

/** Says what is drawn. */
export class CandleLegend {
  element = make("div", "legend");
  #time = make("span", "legend-time");
  /** In the order of FIGURES. @type {Text[]} */
  #figures = [];
  /** What the average price is called. */
  #vwapLabel = document.createTextNode("");
  #levels = make("div", "levels");
  #announcement = make("span", "hidden", { role: "status" });

  constructor() {
    const line = make("div", "figures");
    line.append(this.#time);
    for (const { name, letter } of FIGURES) {
      const value = document.createTextNode("");
      this.#figures.push(value);
      const figure = make("span", `figure ${name.toLowerCase()}`, { title: name === "VWAP" ? ABOUT_VWAP : name });
      const label = makeText("span", "label", letter);
      if (name === "VWAP") label.append(this.#vwapLabel);
      figure.append(label, value);
      line.append(figure);
    }
    this.element.append(line, this.#levels, this.#announcement);
  }

  /** Show the figures of a point. @param {Point | null} point null: there is none */
  set point(point) {
    this.#time.textContent = point ? minuteOfDay(point.time) : "";
    FIGURES.forEach(({ text }, i) => {
      const shown = point?.candle ? text(point.candle) : "";
      if (this.#figures[i].data !== shown) this.#figures[i].data = shown;
    });
    this.element.classList.toggle("empty", !point?.candle);
  }

  /** Have screen readers say a point's figures. @param {Point} point */
  announce({ time, candle }) {
    this.#announcement.textContent = spoken(time, candle);
  }

  /** @param {number | null} time from which on the average price counts, Unix milliseconds; null: there is none */
  set since(time) {
    const text = time === null ? "" : ` since ${minuteOfDay(time)}`;
    if (this.#vwapLabel.data !== text) this.#vwapLabel.data = text;
  }

  /** @param {Level[]} levels */
  set levels(levels) {
    this.#levels.replaceChildren(...levels.map(({ field, name, letters, price: value }) => {
      const level = make("span", "level", { "data-level": field, title: name });
      const short = makeText("span", "label", letters);
      // A screen reader says the name.
      short.setAttribute("aria-hidden", "true");
      level.append(short, makeText("span", "hidden", name), ` ${price(value)}`);
      return level;
    }));
  }
}
