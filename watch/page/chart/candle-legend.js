// The lines of text above the chart: the figures of one candle, and the prices that are marked.

import { make, makeText } from "../elements.js";
import { price } from "../numbers.js";
import { FIGURES, minuteOfDay, spoken } from "./candle-text.js";

/** @import { Level } from "./levels.js" */
/** @import { Point } from "./plot.js" */

const VWAP_OF_DAY = "Volume-weighted average price of the day up to then, as the quote's is";
const VWAP_OF_CANDLES = "Volume-weighted average price from the first candle on: the feed does not say that of the whole day";

/** Says what is drawn. */
export class CandleLegend {
  element = make("div", "legend");
  #time = make("span", "legend-time");
  /** In the order of FIGURES. @type {Text[]} */
  #figures = [];
  #vwap = make("span");
  /** Of what the average price is. */
  #vwapLabel = document.createTextNode("");
  #levels = make("div", "levels");
  #announcement = make("span", "hidden", { role: "status" });

  constructor() {
    const line = make("div", "figures");
    line.append(this.#time);
    for (const { name, letter } of FIGURES) {
      const value = document.createTextNode("");
      this.#figures.push(value);
      const figure = make("span", `figure ${name.toLowerCase()}`, { title: name });
      const label = makeText("span", "label", letter);
      if (name === "VWAP") {
        this.#vwap = figure;
        label.append(this.#vwapLabel);
      }
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

  /** @param {number | null} time from which on the average price counts, Unix milliseconds; null: from the day's begin on */
  set since(time) {
    const text = time === null ? "" : ` since ${minuteOfDay(time)}`;
    if (this.#vwapLabel.data !== text) this.#vwapLabel.data = text;
    const about = time === null ? VWAP_OF_DAY : VWAP_OF_CANDLES;
    if (this.#vwap.title !== about) this.#vwap.title = about;
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
