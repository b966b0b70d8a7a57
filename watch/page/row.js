// One row on the screen: it is filled again and again, and touches the page only where a text has changed.

const FLASH_MS = 900;
const UP = "\u25b2";
const DOWN = "\u25bc";

let made = 0;

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

function tone(value) {
  return value > 0 ? "up" : value < 0 ? "down" : "";
}

export class RowView {
  #columns;
  #cells;
  #texts;
  #tones;
  #tick = "";
  #arrow;

  /** @param columns as of boards.js. */
  constructor(columns) {
    this.#columns = columns;
    this.#texts = columns.map(() => "");
    this.#tones = columns.map(() => "");
    this.element = document.createElement("div");
    this.element.className = "row";
    // What has the keyboard is pointed at by its id.
    this.element.id = `row-${++made}`;
    this.element.setAttribute("role", "row");
    this.#cells = columns.map((column) => {
      const cell = document.createElement("span");
      cell.className = `cell ${column.key}`;
      cell.setAttribute("role", "gridcell");
      const text = document.createTextNode("");
      if (column.ticks) {
        this.#arrow = document.createElement("span");
        this.#arrow.className = "tick";
        cell.append(this.#arrow);
      }
      cell.append(text);
      this.element.append(cell);
      return { cell, text };
    });
  }

  /**
   * @param row of a snapshot.
   * @param position counted from 0, among the rows that pass the filters.
   * @param active whether the keyboard is at it.
   */
  show(row, position, active) {
    this.close = row.close;
    if (this.symbol !== row.symbol) {
      this.symbol = row.symbol;
      this.element.dataset.symbol = row.symbol;
      this.#still();
    }
    if (this.position !== position) {
      this.position = position;
      // The titles are the first row.
      this.element.setAttribute("aria-rowindex", position + 2);
      this.element.classList.toggle("odd", position % 2 === 1);
    }
    if (this.active !== active) {
      this.active = active;
      this.element.classList.toggle("active", active);
      this.element.setAttribute("aria-selected", active);
    }
    this.#columns.forEach((column, i) => {
      const text = column.text(row);
      if (text !== this.#texts[i]) {
        this.#texts[i] = text;
        this.#cells[i].text.data = text;
      }
      if (!column.signed) return;
      const now = tone(row[column.key]);
      if (now !== this.#tones[i]) {
        this.#tones[i] = now;
        this.#cells[i].cell.className = `cell ${column.key} ${now}`;
      }
    });
  }

  /** Tell of a price that rose or fell: an arrow, which stays, and a flash, which does not. */
  tick(direction) {
    this.#turn(direction);
    this.#flash(`var(--flash-${direction})`);
  }

  /** Tell of a symbol that has come onto the board. */
  enter() {
    this.#flash("var(--flash-new)");
  }

  #turn(direction) {
    if (this.#tick === direction) return;
    this.#tick = direction;
    this.#arrow.textContent = direction === "up" ? UP : direction === "down" ? DOWN : "";
    this.#arrow.className = `tick ${direction}`;
  }

  #flash(colour) {
    if (calm.matches) return;
    this.element.animate(
      { backgroundColor: [colour, "transparent"] },
      // In steps, for each is a repaint: some dozens of rows fade at a time.
      { duration: FLASH_MS, easing: "steps(5)" },
    );
  }

  #still() {
    this.#turn("");
    for (const animation of this.element.getAnimations()) animation.cancel();
  }
}
