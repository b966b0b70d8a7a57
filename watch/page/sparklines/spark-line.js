// The prices of a session as a small line.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 60;
const HEIGHT = 16;

/** A line in an element. Its numbers are beside it, so that screen readers leave it out. */
export class SparkLine {
  element = document.createElementNS(SVG, "svg");
  #line = document.createElementNS(SVG, "polyline");

  constructor() {
    this.element.setAttribute("class", "spark-line");
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.#line);
  }

  /** @param {number[] | undefined} prices in the order of their time; undefined: unknown */
  show(prices = []) {
    this.#line.setAttribute("points", pointsOf(prices));
    const [first, last] = [prices[0], prices[prices.length - 1]];
    this.#line.setAttribute("class", last > first ? "up" : last < first ? "down" : "");
  }
}

/**
 * The points of the line, within the lowest and the highest price.
 *
 * @param {number[]} prices
 * @returns {string} empty: one price makes no line
 */
export function pointsOf(prices) {
  if (prices.length < 2) return "";
  const low = Math.min(...prices);
  const range = Math.max(...prices) - low;
  return prices.map((price, i) => {
    const x = (i / (prices.length - 1)) * WIDTH;
    // A flat line is in the middle.
    const y = range === 0 ? HEIGHT / 2 : 1 + (1 - (price - low) / range) * (HEIGHT - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  }).join(" ");
}
