// The panel of a quote: its headline and all fields by name.

import { byId, make, makeText } from "../elements.js";
import { signClass } from "../field-text.js";
import { UNKNOWN, price } from "../numbers.js";
import { changeGroups, quoteGroups } from "./quote-fields.js";

/** @import { Field } from "../declarations.js" */
/** @import { Row } from "../row.js" */
/** @import { QuoteField } from "./quote-fields.js" */

/** Shows a quote, or why there is none. */
export class QuoteView {
  #panel = byId("quote", HTMLElement);
  #symbol = make("h2", "symbol");
  #price = make("output", "price", { "aria-live": "off", "aria-label": "Price", "data-field": "close" });
  #note = make("p", "note", { role: "status" });
  /** @type {(QuoteField & { element: HTMLElement, isChange: boolean })[]} */
  #fields = [];
  /** @type {number | undefined} */
  #lastPrice = undefined;
  /** What had the keyboard before the panel was opened. @type {Element | null} */
  #opener = null;

  /**
   * @param {Field[]} fields of a row
   * @param {() => void} onClose called when the user closes the panel
   */
  constructor(fields, onClose) {
    const close = makeText("button", "plain", "\u2715");
    close.type = "button";
    close.setAttribute("aria-label", "Close the quote");
    close.title = "Close. Shortcut: Escape";
    close.addEventListener("click", onClose);
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") onClose();
    });
    const headline = make("div", "headline");
    headline.append(this.#symbol, this.#price, ...this.#changes(fields), close, this.#note);
    const groups = make("div", "fields");
    groups.append(...this.#groups(fields));
    this.#panel.append(headline, groups);
  }

  /** @param {Field[]} fields */
  #changes(fields) {
    return changeGroups(fields).map(({ title, fields: changes }) => {
      const group = make("span", "changes");
      group.append(makeText("span", "label", title));
      for (const change of changes) {
        const element = make("span", "change", { "data-field": change.name });
        this.#fields.push({ ...change, element, isChange: true });
        group.append(element);
      }
      return group;
    });
  }

  /** @param {Field[]} fields */
  #groups(fields) {
    return quoteGroups(fields).map(({ title, fields: members }) => {
      const group = make("section", "group");
      const list = make("dl");
      for (const member of members) {
        const element = makeText("dd", "", UNKNOWN);
        element.dataset.field = member.name;
        this.#fields.push({ ...member, element, isChange: false });
        const pair = make("div", "pair");
        pair.append(makeText("dt", "", member.label), element);
        list.append(pair);
      }
      group.append(makeText("h3", "", title), list);
      return group;
    });
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
    this.#lastPrice = undefined;
    this.setStale(false);
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
    delete this.#price.dataset.tick;
    for (const { element, isChange } of this.#fields) {
      element.textContent = isChange ? "" : UNKNOWN;
      if (isChange) element.className = "change";
    }
  }

  /**
   * Say something, and leave the numbers as they are.
   *
   * @param {string} text
   */
  note(text) {
    this.#note.textContent = text;
  }

  /** @param {Row} row */
  show(row) {
    this.#panel.classList.remove("unknown");
    this.#note.textContent = "";
    this.#price.textContent = price(row.close);
    this.#tick(row.close);
    for (const { name, text, signed, element, isChange } of this.#fields) {
      const shown = text(row);
      if (element.textContent !== shown) element.textContent = shown;
      if (signed) element.className = `${isChange ? "change " : ""}${signClass(row[name])}`;
    }
  }

  /** @param {number | undefined} close */
  #tick(close) {
    const last = this.#lastPrice;
    if (close !== undefined && last !== undefined && close !== last) {
      this.#price.dataset.tick = close > last ? "up" : "down";
    }
    this.#lastPrice = close;
  }

  /** @param {boolean} isStale whether the numbers may have changed since */
  setStale(isStale) {
    this.#panel.classList.toggle("stale", isStale);
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
