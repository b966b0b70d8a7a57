// The live quote of one symbol, all of its fields by name.

import { Feed } from "./connection.js";
import { UNKNOWN, change, count, multiple, percent, price } from "./format.js";
import { newYorkTime } from "./clock.js";
import { quoteOf } from "./published.js";

const time = (instant) => (instant === undefined ? UNKNOWN : newYorkTime(instant));
const known = (base, text) => (base ? text : UNKNOWN);

/** Below the headline: groups of fields, each with its label and text. */
const GROUPS = [
  ["Today", [
    ["accumulated_volume", "Volume", (row) => count(row.accumulated_volume)],
    ["relative_volume", "Rel vol", (row) => known(row.avg_volume, multiple(row.relative_volume))],
    ["avg_volume", "30-day avg", (row) => known(row.avg_volume, count(row.avg_volume))],
    ["aggregate_vwap", "VWAP", (row) => known(row.aggregate_vwap, price(row.aggregate_vwap))],
    ["open", "Session open", (row) => price(row.open)],
    ["official_open_price", "Official open", (row) => known(row.official_open_price, price(row.official_open_price))],
  ]],
  ["Last bar", [
    ["high", "High", (row) => price(row.high)],
    ["low", "Low", (row) => price(row.low)],
    ["vwap", "VWAP", (row) => known(row.vwap, price(row.vwap))],
    ["volume", "Volume", (row) => count(row.volume)],
    ["start_timestamp", "Start", (row) => time(row.start_timestamp)],
    ["end_timestamp", "End", (row) => time(row.end_timestamp)],
    // Only in a publication that replaces others.
    ["folded", "Bars conflated", (row) => count(row.folded ?? 0)],
  ]],
  ["Previous day", [
    ["prev_day_open", "Open", (row) => known(row.prev_day_open, price(row.prev_day_open))],
    ["prev_day_high", "High", (row) => known(row.prev_day_high, price(row.prev_day_high))],
    ["prev_day_low", "Low", (row) => known(row.prev_day_low, price(row.prev_day_low))],
    ["prev_day_close", "Close", (row) => price(row.prev_day_close)],
    ["prev_day_volume", "Volume", (row) => count(row.prev_day_volume)],
    ["prev_day_vwap", "VWAP", (row) => known(row.prev_day_vwap, price(row.prev_day_vwap))],
  ]],
  ["Shares", [
    ["free_float", "Free float", (row) => known(row.free_float, count(row.free_float))],
    ["average_size", "Average trade", (row) => known(row.average_size, count(row.average_size))],
  ]],
];

/** In the headline. */
const CHANGES = [
  ["Since close", [
    ["change", (row) => change(row.change, row.close)],
    ["pct_change", (row) => percent(row.pct_change)],
  ]],
  ["Since open", [
    ["change_since_open", (row) => change(row.change_since_open, row.close)],
    ["pct_change_since_open", (row) => percent(row.pct_change_since_open)],
  ]],
];

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export class QuotePanel {
  #panel = document.getElementById("quote");
  #symbol = element("h2", "symbol");
  #price = element("output", "price");
  #note = element("p", "note");
  #fields = element("div", "fields");
  #texts = [];
  #feed = null;
  #last = null;
  #opener = null;
  #others = () => [];
  #tried = new Set();
  #isUnknown = false;
  #onSymbol;
  #onUnknown;

  /**
   * @param onSymbol called with the symbol that is shown from now on; null: none.
   * @param onUnknown called where nobody knows the symbol nor another that may be meant.
   */
  constructor({ onSymbol, onUnknown }) {
    this.#onSymbol = onSymbol;
    this.#onUnknown = onUnknown;
    this.#build();
  }

  #build() {
    const headline = element("div", "headline");
    headline.append(this.#symbol, this.#price);
    this.#price.dataset.field = "close";
    this.#price.setAttribute("aria-live", "off");
    this.#price.setAttribute("aria-label", "Price");
    for (const [label, fields] of CHANGES) {
      const group = element("span", "changes");
      group.append(element("span", "label", label));
      for (const [field, text] of fields) {
        const shown = element("span", "change");
        shown.dataset.field = field;
        group.append(shown);
        this.#texts.push({ shown, text, field, signed: true });
      }
      headline.append(group);
    }
    const close = element("button", "plain", "\u2715");
    close.type = "button";
    close.setAttribute("aria-label", "Close the quote");
    close.title = "Close. Shortcut: Escape";
    close.addEventListener("click", () => this.close());
    this.#note.setAttribute("role", "status");
    headline.append(close, this.#note);
    for (const [title, fields] of GROUPS) {
      const group = element("section", "group");
      const list = element("dl", "");
      for (const [field, label, text] of fields) {
        const shown = element("dd", "", UNKNOWN);
        shown.dataset.field = field;
        const pair = element("div", "pair");
        pair.append(element("dt", "", label), shown);
        list.append(pair);
        this.#texts.push({ shown, text, field });
      }
      group.append(element("h3", "", title), list);
      this.#fields.append(group);
    }
    this.#panel.append(headline, this.#fields);
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
  }

  /**
   * Show a symbol.
   *
   * @param others returns symbols to show where nobody knows this one, the first first.
   */
  open(symbol, others = () => []) {
    this.#others = others;
    this.#tried.clear();
    this.#show(symbol);
  }

  #show(symbol) {
    this.#opener ??= document.activeElement;
    this.#tried.add(symbol);
    this.#isUnknown = false;
    this.#feed?.close();
    this.#last = null;
    this.#symbol.textContent = symbol;
    this.#blank(`Asking for ${symbol}`);
    this.#panel.hidden = false;
    const mine = (act) => (...given) => feed === this.#feed && act(...given);
    const feed = new Feed(`quote:${symbol}`, {
      onData: mine((data) => this.#receive(data)),
      onState: mine(({ state }) => this.#stale(state)),
      onRefusal: mine((words) => {
        this.close();
        this.refuse(symbol, words);
      }),
    });
    this.#feed = feed;
    feed.open();
    this.#onSymbol(symbol);
  }

  /** Say that `symbol` cannot be one. */
  refuse(symbol, words) {
    this.#feed?.close();
    this.#feed = null;
    this.#isUnknown = false;
    this.#symbol.textContent = symbol;
    this.#blank(words);
    this.#panel.hidden = false;
    this.#onSymbol(null);
  }

  close() {
    if (this.#panel.hidden) return;
    this.#feed?.close();
    this.#feed = null;
    this.#isUnknown = false;
    const inside = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    if (inside) this.#opener?.focus();
    this.#opener = null;
    this.#onSymbol(null);
  }

  /** Connect again at once, where it waits to. */
  retry() {
    this.#feed?.open();
  }

  /** Where nobody knows the symbol: look whether one that was meant is known by now. Returns it, if so. */
  reconsider() {
    if (!this.#isUnknown) return undefined;
    const other = this.#others().find((symbol) => !this.#tried.has(symbol));
    if (other) this.#show(other);
    return other;
  }

  #receive(data) {
    const row = quoteOf(data);
    if (row === undefined) {
      this.#note.textContent = "What was published is no quote";
      return;
    }
    this.#isUnknown = row === null;
    if (row === null) {
      this.#blank("Unknown symbol, or no bar of it in four days. Its next one will show here.");
      if (!this.reconsider()) this.#onUnknown();
      return;
    }
    this.#panel.classList.remove("unknown");
    this.#note.textContent = "";
    this.#price.textContent = price(row.close);
    if (this.#last !== null && row.close !== this.#last) this.#tick(row.close > this.#last);
    this.#last = row.close;
    for (const { shown, text, field, signed } of this.#texts) {
      const now = text(row);
      if (shown.textContent !== now) shown.textContent = now;
      if (signed) shown.className = `change ${row[field] > 0 ? "up" : row[field] < 0 ? "down" : ""}`;
    }
  }

  #tick(rose) {
    this.#price.dataset.tick = rose ? "up" : "down";
  }

  #stale(state) {
    this.#panel.classList.toggle("stale", state === "waiting");
  }

  #blank(words) {
    this.#panel.classList.add("unknown");
    this.#note.textContent = words;
    this.#price.textContent = "";
    delete this.#price.dataset.tick;
    for (const { shown, signed } of this.#texts) {
      shown.textContent = signed ? "" : UNKNOWN;
      if (signed) shown.className = "change";
    }
  }
}
