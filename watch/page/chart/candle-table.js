// The chart's candles as a table, for who cannot see the chart, or wants the figures.

import { make, makeText } from "../elements.js";
import { FIGURES, minuteOfDay } from "./candle-text.js";

/** @import { Point } from "./plot.js" */

/** A table in a region that scrolls, the newest candle first. */
export class CandleTable {
  element = make("div", "candle-table", { role: "region", tabindex: "0" });
  #body = make("tbody");
  /** By the candle's time. @type {Map<number, HTMLTableRowElement>} */
  #rows = new Map();

  constructor() {
    const head = make("thead");
    const titles = make("tr");
    const names = ["Time", ...FIGURES.map(({ name }) => name)];
    titles.append(...names.map((name) => {
      const title = makeText("th", "", name);
      title.scope = "col";
      return title;
    }));
    head.append(titles);
    const table = make("table");
    table.append(head, this.#body);
    this.element.append(table);
  }

  /** @param {string} title of the region */
  set title(title) {
    this.element.setAttribute("aria-label", title);
  }

  /**
   * Show some points. Those at which nothing traded are left out.
   *
   * @param {Point[]} points all
   * @param {Point[] | null} changed those at the end that differ from what is shown; null: any may
   */
  draw(points, changed) {
    if (changed === null) {
      this.#rows.clear();
      this.#body.replaceChildren();
    }
    for (const point of changed ?? points) this.#show(point);
  }

  /** @param {Point} point */
  #show({ time, candle }) {
    if (!candle) return;
    const figures = FIGURES.map(({ text }) => makeText("td", "", text(candle)));
    const row = this.#rows.get(time);
    if (row) {
      row.replaceChildren(row.cells[0], ...figures);
      return;
    }
    const added = make("tr");
    const title = makeText("th", "", minuteOfDay(time));
    title.scope = "row";
    added.append(title, ...figures);
    this.#rows.set(time, added);
    this.#body.prepend(added);
  }
}
