// Makes a rule of alerts of a board or screen: its text, to be pasted into the file of rules.

import { queryOf } from "../boards/screens/draft.js";
import { make, makeText } from "../elements.js";
import { copyText } from "../exchange/clipboard.js";
import { ask } from "../gateway/requests.js";
import { PLACES, ruleText } from "./rule-text.js";

/** @import { Draft } from "../boards/screens/draft.js" */
/** @import { Notice } from "../layout/notice.js" */

/** Shows the rule of a screen. */
export class RuleDialog {
  element = make("dialog", "rule-dialog", { "aria-labelledby": "rule-title" });
  #notice;
  #when = make("p");
  #text = make("textarea", "", { readonly: "", rows: "14", spellcheck: "false", "aria-label": "The rule as TOML" });

  /** @param {Notice} notice */
  constructor(notice) {
    this.#notice = notice;
    const head = make("div", "dialog-head");
    const title = makeText("h2", "", "A rule of alerts");
    title.id = "rule-title";
    const close = makeText("button", "plain", "\u2715");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => this.element.close());
    head.append(title, close);
    const about = makeText("p", "note", "Add this to the file that ALERTS_FILE names. It is read at once.");
    const copy = makeText("button", "", "Copy");
    copy.type = "button";
    copy.autofocus = true;
    copy.addEventListener("click", () => void this.#copy());
    this.element.append(head, this.#when, this.#text, about, copy);
    document.body.append(this.element);
  }

  /**
   * @param {Draft} screen
   * @param {string | null} board its name where it is one of the boards, whose first places are meant; null: it is not
   */
  async open(screen, board) {
    const { title, where, hours } = screen;
    const needsLeast = board === null && where.length === 0;
    const conditions = needsLeast ? [await least(screen)] : where;
    this.#text.value = ruleText({ title, board, where: conditions, hours });
    const place = board === null ? "comes to satisfy all conditions" : `enters the first ${PLACES}`;
    this.#when.textContent = `${title}: it fires when a symbol ${place}.`;
    if (!this.element.open) this.element.showModal();
  }

  async #copy() {
    let isCopied = await copyText(this.#text.value);
    if (!isCopied) {
      // Without a clipboard the browser copies what is selected, which has to be in the dialog.
      this.#text.select();
      isCopied = document.execCommand("copy");
    }
    this.element.close();
    this.#notice.say(isCopied ? "Copied the rule." : "The browser does not let this page copy.");
  }
}

/**
 * The condition that a symbol has the value of a screen's tenth row now, or a better one.
 *
 * @param {Draft} screen
 */
async function least(screen) {
  const { by, order } = screen;
  const answer = await ask(`api/screen?${queryOf(screen)}&fields=${by}&limit=${PLACES}`).catch(() => null);
  const value = answer?.rows?.at(-1)?.[by];
  return `${by} ${order === "ascending" ? "<=" : ">="} ${Number.isFinite(value) ? value : 0}`;
}
