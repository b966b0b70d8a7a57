// The dialog in which a screen over the whole market is made. It shows the TOML that keeps it on the server.

import { make, makeText } from "../../elements.js";
import { ask } from "../../gateway/requests.js";
import { ConditionsForm, select } from "./conditions-form.js";
import { HOURS, MOST_ROWS, queryOf, readDraft, suggestedTitle, tomlOf } from "./draft.js";

/** @import { Field } from "../../declarations.js" */
/** @import { Draft } from "./draft.js" */

const PAUSE_MS = 300;
/** After which the server is asked again, for the market moves on. */
const AGAIN_MS = 2_000;
const COPY = "Copy the TOML";
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

/** Says how many symbols a screen has while it is made. Only what the server has accepted can be shown or copied. */
export class ScreenDialog {
  element = make("dialog", "screen-dialog", { "aria-labelledby": "screen-dialog-title" });
  #heading = makeText("h2", "", "");
  /** Called with the screen that is made. @type {(draft: Draft) => void} */
  #onDone = () => {};
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
  #note = makeText("p", "note", "");
  #show = makeText("button", "", "");
  #copy = makeText("button", "", COPY);
  #timer = 0;
  /** The question that the server has accepted. */
  #accepted = "";

  /** @param {Field[]} fields that can rank and be tested */
  constructor(fields) {
    this.#by = select("Ranked by", fields.map(({ name, title }) => [name, title]), FIRST.by);
    for (const ranking of [this.#by, this.#order]) ranking.addEventListener("input", () => this.#suggest());
    this.#conditions = new ConditionsForm(fields, () => this.#onInput());
    const form = make("form", "", { method: "dialog" });
    this.#heading.id = "screen-dialog-title";
    form.append(this.#heading, this.#ranking(), this.#conditions.element, this.#hoursField(), this.#found);
    form.append(this.#note, this.#toml, this.#buttons());
    form.addEventListener("input", () => this.#onInput());
    form.addEventListener("submit", () => this.#onDone(this.#draft()));
    this.element.append(form);
    this.element.addEventListener("close", () => clearTimeout(this.#timer));
  }

  /**
   * Make a screen.
   *
   * @param {Draft | null} draft to go on from; null: from the beginning
   * @param {boolean} isKept whether the browser has room for it
   * @param {(made: Draft) => void} onMade called with the screen that the user wants to see as a board
   */
  make(draft, isKept, onMade) {
    this.#heading.textContent = "Make a screen";
    this.#show.textContent = "Show it as a board";
    this.#onDone = onMade;
    this.#fill(draft ?? FIRST);
    this.#suggested = this.#title.value;
    if (!draft) this.#suggest();
    this.#open(isKept);
  }

  /**
   * Change a screen.
   *
   * @param {Draft} draft
   * @param {boolean} isKept whether the browser has room for it
   * @param {(changed: Draft) => void} onChanged called with the one that comes in its place
   */
  change(draft, isKept, onChanged) {
    this.#heading.textContent = "Change the screen";
    this.#show.textContent = "Change the board";
    this.#onDone = onChanged;
    this.#fill(draft);
    this.#suggested = this.#suggestion;
    this.#open(isKept);
  }

  /** @param {Draft} draft */
  #fill({ title, by, order, where, hours }) {
    this.#title.value = title;
    this.#by.value = by;
    this.#order.value = order;
    this.#conditions.show(where);
    for (const box of this.#hours) box.checked = hours.includes(box.value);
  }

  /** @param {boolean} isKept */
  #open(isKept) {
    const kept = isKept
      ? "This browser keeps the screen: it is under Add board until you delete it there."
      : "This browser has no room for more screens. To keep this one, delete another under Add board first.";
    this.#note.textContent = `${kept} To have it published for everybody, put this into the file of screens:`;
    this.#accepted = "";
    this.#onInput(0);
    this.element.showModal();
    // What is typed replaces it.
    this.#title.select();
  }

  #suggest() {
    if (this.#title.value === this.#suggested) this.#title.value = this.#suggested = this.#suggestion;
  }

  /** A title by what ranks. */
  get #suggestion() {
    return suggestedTitle(this.#by.selectedOptions[0]?.text ?? "", this.#order.value);
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

  #buttons() {
    const line = make("div", "actions");
    this.#copy.type = "button";
    this.#copy.addEventListener("click", () => void this.#copyToml());
    const close = makeText("button", "plain", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.element.close());
    this.#show.type = "submit";
    line.append(this.#show, this.#copy, close);
    return line;
  }

  async #copyToml() {
    this.#toml.select();
    const isCopied = await navigator.clipboard?.writeText(this.#toml.value).then(() => true, () => false);
    this.#copy.textContent = isCopied ? "Copied" : "Copy it by Ctrl+C";
    if (!isCopied) this.#toml.focus();
  }

  /** What the form says. @returns {Draft} */
  #draft() {
    const hours = this.#hours.filter(({ checked }) => checked).map(({ value }) => value);
    const where = this.#conditions.texts;
    return readDraft({ title: this.#title.value, by: this.#by.value, order: this.#order.value, where, hours }) ?? FIRST;
  }

  /**
   * Show the TOML at once, and how many symbols there are when the user has paused.
   *
   * @param {number} pause milliseconds
   */
  #onInput(pause = PAUSE_MS) {
    const draft = this.#draft();
    this.#toml.value = tomlOf(draft);
    this.#copy.textContent = COPY;
    this.#allow();
    this.#countIn(pause, draft);
  }

  /** Let the screen be shown and copied if the server has accepted it as it stands. */
  #allow() {
    this.#show.disabled = this.#copy.disabled = queryOf(this.#draft()) !== this.#accepted;
  }

  /**
   * @param {number} pause milliseconds
   * @param {Draft} draft
   */
  #countIn(pause, draft) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#count(draft), pause);
  }

  /** @param {Draft} draft */
  async #count(draft) {
    const query = queryOf(draft);
    const answer = await ask(`api/screen?${query}&limit=1&fields=close`).catch(() => null);
    if (!this.element.open || query !== queryOf(this.#draft())) return;
    const isMistaken = typeof answer?.error === "string";
    this.#found.classList.toggle("mistake", isMistaken);
    if (isMistaken) {
      this.#say(answer.error);
      return;
    }
    if (Number.isInteger(answer?.of)) {
      this.#say(found(answer.of));
      this.#accepted = query;
      this.#allow();
    } else {
      this.#say("The server does not answer. It has to accept the screen before it can be shown or copied.");
    }
    this.#countIn(AGAIN_MS, draft);
  }

  /** @param {string} text which screen readers speak each time it is written */
  #say(text) {
    if (this.#found.value !== text) this.#found.value = text;
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
