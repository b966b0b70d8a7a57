// The panel of a quote: its headline, the day's figures, and the others below folds.

import { byId, make, makeText } from "../elements.js";
import { explain } from "../explanations/explanations.js";
import { signClass } from "../field-text.js";
import { UNKNOWN, price } from "../numbers.js";
import { timeOfDay } from "../status/new-york-time.js";
import { browserStorage } from "../storage.js";
import { barText, changeGroups, foldedGroups, todayFields } from "./quote-fields.js";
import { Sheet } from "./sheet.js";
import { pauseText } from "./trading-pause.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */
/** @import { Trading } from "../status/calendar.js" */
/** @import { QuoteField } from "./quote-fields.js" */

/** The titles of the folds that the user has opened. */
const STORED_AS = "quote-folds";

/** Shows a quote, or why there is none. */
export class QuoteView {
  #panel = byId("quote", HTMLElement);
  #symbol = make("h2", "symbol");
  #price = make("output", "price", { "aria-live": "off", "aria-label": "Price", "data-field": "close" });
  #time = make("button", "time term", { type: "button", "data-field": "end_timestamp" });
  #pause = make("span", "pause");
  #note = make("p", "note", { role: "status" });
  #announcement = make("span", "hidden", { role: "status" });
  /** @type {(QuoteField & { element: HTMLElement, term: HTMLElement | null, isChange: boolean })[]} */
  #fields = [];
  /** Of the price, to show which way it went. @type {number | undefined} */
  #lastPrice = undefined;
  /** When the last bar ended, Unix milliseconds. @type {number | undefined} */
  #end = undefined;
  /** Whether no quote of this symbol has been shown yet. */
  #isNew = false;
  /** What had the keyboard before the panel was opened. @type {Element | null} */
  #opener = null;

  /**
   * @param {Field[]} fields of a row
   * @param {HTMLElement} buttons for what can be done with the symbol
   * @param {() => void} onClose called when the user closes the panel
   */
  constructor(fields, buttons, onClose) {
    const close = makeText("button", "plain close", "\u2715");
    close.type = "button";
    close.setAttribute("aria-label", "Close the quote");
    close.title = "Close. Shortcut: Escape";
    close.addEventListener("click", onClose);
    const headline = make("div", "headline");
    const corner = make("span", "corner");
    corner.append(buttons, close);
    headline.append(this.#symbol, this.#price, this.#time, this.#pause, ...this.#changes(fields), corner, this.#note);
    const today = this.#list(todayFields(fields));
    // Below the sheet's handle, which does not scroll with it.
    const body = make("div", "quote-body");
    body.append(headline, today, ...this.#folds(fields));
    this.#panel.append(body, this.#announcement);
    new Sheet(this.#panel, onClose);
  }

  /** @param {Field[]} fields */
  #changes(fields) {
    return changeGroups(fields).map(({ title, fields: changes }) => {
      const group = make("span", "changes");
      group.append(makeText("span", "label", title));
      for (const change of changes) {
        const element = make("span", "change", { "data-field": change.name });
        this.#fields.push({ ...change, element, term: null, isChange: true });
        group.append(element);
      }
      return group;
    });
  }

  /** @param {Field[]} fields */
  #folds(fields) {
    const opened = browserStorage.json(STORED_AS);
    const folds = foldedGroups(fields).map(({ title, fields: members }) => {
      const fold = make("details", "fold");
      fold.open = Array.isArray(opened) && opened.includes(title);
      fold.append(makeText("summary", "", title), this.#list(members));
      return { title, fold };
    });
    const store = () => {
      const titles = folds.filter(({ fold }) => fold.open).map(({ title }) => title);
      browserStorage.set(STORED_AS, JSON.stringify(titles));
    };
    for (const { fold } of folds) fold.addEventListener("toggle", store);
    return folds.map(({ fold }) => fold);
  }

  /** @param {QuoteField[]} members */
  #list(members) {
    const list = make("dl", "fields");
    for (const member of members) {
      const element = makeText("dd", "", UNKNOWN);
      element.dataset.field = member.name;
      const term = makeText("button", "term", member.label);
      this.#fields.push({ ...member, element, term, isChange: false });
      term.type = "button";
      explain(term, member.about);
      const [title, pair] = [make("dt"), make("div", "pair")];
      title.append(term);
      pair.append(title, element);
      list.append(pair);
    }
    return list;
  }

  /**
   * Open the panel without a quote, and say why.
   *
   * @param {string} symbol
   * @param {string} reason
   */
  showNone(symbol, reason) {
    if (this.#panel.hidden) this.#opener = document.activeElement;
    this.#panel.hidden = false;
    this.#symbol.textContent = symbol;
    this.#announcement.textContent = "";
    this.#isNew = true;
    this.blank(reason);
  }

  /**
   * Show no numbers, and say why.
   *
   * @param {string} reason
   */
  blank(reason) {
    this.#panel.classList.add("unknown");
    this.#note.textContent = reason;
    this.#price.textContent = "";
    this.#time.textContent = "";
    this.#time.hidden = true;
    delete this.#price.dataset.tick;
    this.#lastPrice = this.#end = undefined;
    this.sayPause(null);
    for (const { element, isChange } of this.#fields) {
      element.textContent = isChange ? "" : UNKNOWN;
      if (isChange) element.className = "change";
    }
  }

  /** @param {Row} row */
  show(row) {
    this.#panel.classList.remove("unknown");
    if (this.#note.textContent) this.#note.textContent = "";
    this.#price.textContent = price(row.close);
    this.#tick(row.close);
    this.#showTime(row);
    for (const { text, labelOf, signed, element, term, isChange } of this.#fields) {
      const label = labelOf(row);
      if (term && term.textContent !== label) term.textContent = label;
      const shown = text(row);
      if (element.textContent !== shown) element.textContent = shown;
      if (signed) element.className = `${isChange ? "change " : ""}${signClass(shown)}`;
    }
    if (this.#isNew) this.#announce(row);
  }

  /** @param {Row} row */
  #showTime(row) {
    this.#end = row.end_timestamp;
    this.#time.hidden = row.end_timestamp === undefined;
    this.#time.textContent = row.end_timestamp === undefined ? "" : timeOfDay(row.end_timestamp);
    explain(this.#time, barText(row));
  }

  /** The first quote of a symbol only: each second one would never let a screen reader end. @param {Row} row */
  #announce(row) {
    this.#isNew = false;
    const change = this.#fields.find(({ name }) => name === "pct_change")?.text(row) ?? UNKNOWN;
    const since = change === UNKNOWN ? "" : `, ${change} since the previous close`;
    this.#announcement.textContent = `${row.symbol}: ${price(row.close)}${since}`;
  }

  /** @param {number | undefined} close */
  #tick(close) {
    const last = this.#lastPrice;
    if (close !== undefined && last !== undefined && close !== last) {
      this.#price.dataset.tick = close > last ? "up" : "down";
    }
    this.#lastPrice = close;
  }

  /**
   * Say for how long the symbol has not traded, if it is for long.
   *
   * @param {Trading | null} trading the market while it trades; null: it is closed, or nobody knows
   */
  sayPause(trading) {
    const text = pauseText(this.#end, trading);
    if (this.#pause.textContent !== text) this.#pause.textContent = text;
  }

  /** @param {boolean} isStale whether the numbers may have changed since */
  setStale(isStale) {
    this.#panel.classList.toggle("stale", isStale);
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  /** Close the panel. Returns whether it was open. */
  close() {
    if (this.#panel.hidden) return false;
    const hadKeyboard = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    if (hadKeyboard && this.#opener instanceof HTMLElement) this.#opener.focus();
    this.#opener = null;
    return true;
  }
}
