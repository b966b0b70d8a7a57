// The dialog in which a screen over the whole market is made. It shows the TOML that keeps it on the server.

import { make, makeText } from "../../elements.js";
import { ask } from "../../gateway/requests.js";
import { ConditionsForm, select } from "./conditions-form.js";
import { HOURS, MOST_ROWS, queryOf, readDraft, suggestedTitle, tomlOf } from "./draft.js";

/** @import { Field } from "../../declarations.js" */
/** @import { Draft } from "./draft.js" */

const PAUSE_MS = 300;
const ORDERS = [["descending", "highest first"], ["ascending", "lowest first"]];
const HOUR_TITLES = { pre: "Pre-market", regular: "Regular hours", post: "After hours" };
/** Its title is suggested by what ranks. @type {Draft} */
const FIRST = {
  title: "",
  by: "pct_change",
  order: "descending",
  where: ["close >= 2", "close <= 20", "accumulated_volume >= 100_000"],
  hours: [],
};

/** Says how many symbols a screen has while it is made. */
export class ScreenDialog {
  element = make("dialog", "screen-dialog", { "aria-labelledby": "screen-dialog-title" });
  #onShow;
  #title = make("input", "title", { maxlength: "60", required: "", autocomplete: "off" });
  /** What was suggested as the title: it follows the ranking until the user types another. */
  #suggested = "";
  #by;
  #order = select("Order", ORDERS, "descending");
  #hours = HOURS.map((value) => {
    const box = make("input", "", { type: "checkbox" });
    box.value = value;
    return box;
  });
  #conditions;
  #found = make("output", "found");
  #toml = make("textarea", "", { readonly: "", rows: "9", "aria-label": "The screen as TOML", spellcheck: "false" });
  #show = makeText("button", "", "Show it as a board");
  #timer = 0;

  /**
   * @param {Field[]} fields that can rank and be tested
   * @param {(draft: Draft) => void} onShow called with the screen that the user wants to see as a board
   */
  constructor(fields, onShow) {
    this.#onShow = onShow;
    this.#by = select("Ranked by", fields.map(({ name, title }) => [name, title]), FIRST.by);
    for (const ranking of [this.#by, this.#order]) ranking.addEventListener("input", () => this.#suggest());
    this.#conditions = new ConditionsForm(fields, () => this.#onInput());
    const form = make("form", "", { method: "dialog" });
    const heading = makeText("h2", "", "Make a screen");
    heading.id = "screen-dialog-title";
    form.append(heading, this.#ranking(), this.#conditions.element, this.#hoursField(), this.#found);
    form.append(...this.#keeping(), this.#buttons());
    form.addEventListener("input", () => this.#onInput());
    form.addEventListener("submit", () => this.#onShow(this.#draft()));
    this.element.append(form);
    this.element.addEventListener("close", () => clearTimeout(this.#timer));
  }

  /** @param {Draft | null} draft to go on from; null: from the beginning */
  open(draft) {
    const { title, by, order, where, hours } = draft ?? FIRST;
    this.#title.value = this.#suggested = title;
    this.#by.value = by;
    this.#order.value = order;
    if (!draft) this.#suggest();
    this.#conditions.show(where);
    for (const box of this.#hours) box.checked = hours.includes(box.value);
    this.#onInput();
    this.element.showModal();
    // What is typed replaces it.
    this.#title.select();
  }

  #suggest() {
    if (this.#title.value !== this.#suggested) return;
    const ranking = this.#by.selectedOptions[0]?.text ?? "";
    this.#title.value = this.#suggested = suggestedTitle(ranking, this.#order.value);
  }

  #ranking() {
    const line = make("div", "line");
    const title = makeText("label", "", "Title ");
    title.append(this.#title);
    const by = makeText("label", "", "Ranked by ");
    by.append(this.#by);
    line.append(title, by, this.#order);
    return line;
  }

  #hoursField() {
    const field = make("fieldset", "line");
    field.append(makeText("legend", "", "Hours; none: all"));
    for (const box of this.#hours) {
      const label = make("label");
      label.append(box, HOUR_TITLES[/** @type {"pre" | "regular" | "post"} */ (box.value)]);
      field.append(label);
    }
    return field;
  }

  #keeping() {
    const note = makeText(
      "p",
      "note",
      "This browser keeps the board. To have it published for everybody, put this into the file of screens:",
    );
    return [note, this.#toml];
  }

  #buttons() {
    const line = make("div", "actions");
    const copy = makeText("button", "", "Copy the TOML");
    copy.type = "button";
    copy.addEventListener("click", () => void this.#copy(copy));
    const close = makeText("button", "plain", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.element.close());
    this.#show.type = "submit";
    line.append(this.#show, copy, close);
    return line;
  }

  /** @param {HTMLButtonElement} button says whether it was copied */
  async #copy(button) {
    this.#toml.select();
    const isCopied = await navigator.clipboard?.writeText(this.#toml.value).then(() => true, () => false);
    button.textContent = isCopied ? "Copied" : "Copy it by Ctrl+C";
    if (!isCopied) this.#toml.focus();
  }

  /** What the form says. @returns {Draft} */
  #draft() {
    const hours = this.#hours.filter(({ checked }) => checked).map(({ value }) => value);
    const where = this.#conditions.texts;
    return readDraft({ title: this.#title.value, by: this.#by.value, order: this.#order.value, where, hours }) ?? FIRST;
  }

  /** Show the TOML at once, and how many symbols there are when the user has paused. */
  #onInput() {
    const draft = this.#draft();
    this.#toml.value = tomlOf(draft);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#count(draft), PAUSE_MS);
  }

  /** @param {Draft} draft */
  async #count(draft) {
    const answer = await ask(`api/screen?${queryOf(draft)}&limit=1&fields=close`).catch(() => null);
    if (this.#toml.value !== tomlOf(draft)) return;
    const isMistaken = typeof answer?.error === "string";
    this.#found.classList.toggle("mistake", isMistaken);
    if (isMistaken) this.#found.value = answer.error;
    else if (Number.isInteger(answer?.of)) this.#found.value = found(answer.of);
    else this.#found.value = "The server does not answer; the screen can be shown all the same.";
  }
}

/**
 * How many symbols a screen has.
 *
 * @param {number} count of the whole market, also where a board shows the first of them only
 */
function found(count) {
  const all = count === 1 ? "1 symbol of the whole market passes now" : `${count} symbols of the whole market pass now`;
  return count > MOST_ROWS ? `${all}; the board shows the first ${MOST_ROWS}` : all;
}
