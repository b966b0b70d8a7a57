// Which columns a board has, in which order, and how wide they are: by mouse and keyboard, in a popup.

import { make, makeText } from "../../elements.js";
import { moved } from "../panes/arrangement.js";

/** @import { Chosen, Column } from "./columns.js" */

const STEP = 10;
const NARROWEST = 24;

/** A list of all columns. */
export class ColumnChooser {
  element = make("div", "columns");
  #all;
  #ranking;
  #onChange;
  #list = make("ul");
  /** @type {Chosen[]} */
  #chosen = [];
  /** What is shown of a column, pixels. @type {(key: string) => number} */
  #widthOf = () => 0;

  /**
   * @param {Map<string, Column>} all by key
   * @param {string} ranking the field that ranks the board
   * @param {(chosen: Chosen[]) => void} onChange called with what the user chose; empty: the usual columns
   */
  constructor(all, ranking, onChange) {
    this.#all = all;
    this.#ranking = ranking;
    this.#onChange = onChange;
    const usual = makeText("button", "", "Usual columns");
    usual.type = "button";
    usual.addEventListener("click", () => onChange([]));
    this.element.append(this.#list, usual);
  }

  /**
   * @param {Chosen[]} chosen the columns that are shown now
   * @param {(key: string) => number} widthOf how wide one of them is, pixels
   */
  show(chosen, widthOf) {
    this.#chosen = chosen;
    this.#widthOf = widthOf;
    this.#draw();
  }

  /** @param {string} focus the name of the control that has the focus afterwards; empty: it stays where it is */
  #draw(focus = "") {
    const others = [...this.#all.keys()].filter((key) => !this.#chosen.some((chosen) => chosen.key === key));
    this.#list.replaceChildren(...[...this.#chosen.map(({ key }) => key), ...others].map((key) => this.#item(key)));
    if (focus) this.#control(focus)?.focus();
  }

  /** @param {string} name */
  #control(name) {
    const found = this.#list.querySelector(`[data-control="${name}"]`);
    return found instanceof HTMLElement ? found : null;
  }

  /** @param {string} key */
  #item(key) {
    const column = this.#all.get(key);
    const item = make("li");
    if (!column) return item;
    const position = this.#chosen.findIndex((chosen) => chosen.key === key);
    const box = make("input", "", { type: "checkbox", "data-control": key });
    box.checked = position >= 0;
    // Rows without a symbol say nothing, and without what ranks them not why they are there.
    box.disabled = key === "symbol" || key === this.#ranking;
    box.addEventListener("change", () => this.#toggle(key, position));
    const label = make("label");
    label.append(box, makeText("span", "title", column.title), makeText("span", "about", column.about));
    item.append(label);
    if (position >= 0) item.append(...this.#buttons(column, position));
    return item;
  }

  /**
   * @param {Column} column
   * @param {number} position among those that are shown
   */
  #buttons({ key, title }, position) {
    const chosen = this.#chosen;
    const width = chosen[position].width ?? this.#widthOf(key);
    /** @param {number} by */
    const place = (by) => (chosen[position + by] ? moved(chosen, position, position + by) : null);
    /** @param {number} by */
    const sized = (by) => chosen.with(position, { key, width: Math.max(NARROWEST, width + by) });
    return [
      this.#button(`${key}-left`, "\u2191", `${title} further left`, place(-1)),
      this.#button(`${key}-right`, "\u2193", `${title} further right`, place(1)),
      this.#button(`${key}-narrower`, "\u2212", `${title} narrower`, sized(-STEP)),
      this.#button(`${key}-wider`, "+", `${title} wider`, sized(STEP)),
    ];
  }

  /**
   * @param {string} name
   * @param {string} sign
   * @param {string} label
   * @param {Chosen[] | null} chosen what is chosen by a click; null: it leads nowhere
   */
  #button(name, sign, label, chosen) {
    const button = make("button", "plain", { type: "button", "aria-label": label, title: label, "data-control": name });
    button.textContent = sign;
    button.disabled = chosen === null;
    button.addEventListener("click", () => chosen && this.#change(chosen, name));
    return button;
  }

  /**
   * @param {string} key
   * @param {number} position among those that are shown; -1: it is not
   */
  #toggle(key, position) {
    const chosen = position < 0 ? [...this.#chosen, { key }] : this.#chosen.toSpliced(position, 1);
    this.#change(chosen, key);
  }

  /**
   * @param {Chosen[]} chosen
   * @param {string} focus the name of the control that has the focus afterwards
   */
  #change(chosen, focus) {
    this.#chosen = chosen;
    this.#onChange(chosen);
    this.#draw(focus);
  }
}
