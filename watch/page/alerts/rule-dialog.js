// Makes a rule of alerts of a board or screen: its text, to be pasted into the file of rules.

import { queryOf } from "../boards/screens/draft.js";
import { make, makeText } from "../elements.js";
import { copyText } from "../exchange/clipboard.js";
import { ask } from "../gateway/requests.js";
import { PLACES, ruleText } from "./rule-text.js";

/** @import { Draft } from "../boards/screens/draft.js" */
/** @import { Board } from "../declarations.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { RuleSource } from "./rule-text.js" */

const ABOUT =
  "Rules are the server's, for everybody who uses it: it looks at the whole market each second, whether or not a page is open. " +
  "This browser alone cannot add one. Who runs the server adds this text to the file that ALERTS_FILE names, which is read " +
  "at once; then you choose its sound here, at \u201cHow alerts call\u201d.";

/** Shows the rule of a screen. */
export class RuleDialog {
  element = make("dialog", "rule-dialog", { "aria-labelledby": "rule-title" });
  #notice;
  #when = make("p");
  #copyButton = makeText("button", "", "Copy");
  #text = make("textarea", "", { readonly: "", rows: "14", spellcheck: "false", "aria-label": "The rule as TOML" });
  /** What the rule is made of; null: none can be made. @type {Omit<RuleSource, "taken"> | null} */
  #source = null;
  /** Names of the rules that there are. @type {string[]} */
  #taken = [];

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
    const about = makeText("p", "note", ABOUT);
    this.#copyButton.type = "button";
    this.#copyButton.autofocus = true;
    this.#copyButton.addEventListener("click", () => void this.#copy());
    this.element.append(head, this.#when, this.#text, about, this.#copyButton);
    document.body.append(this.element);
  }

  /**
   * @param {Draft} screen
   * @param {Board | null} board where it is one of those that are published, whose first places are meant; null: it was
   *   made on the page
   */
  async open(screen, board) {
    const { conditions, reason } = board ? ofBoard(screen, board) : await ofScreen(screen);
    const { title } = screen;
    const hours = board ? [] : screen.hours;
    this.#source = reason === "" ? { title, board: board?.name ?? null, where: conditions, hours } : null;
    this.#write();
    const place = board ? `enters the first ${PLACES}` : "comes to satisfy all conditions";
    this.#when.textContent = reason || `${title}: it fires when a symbol ${place}.`;
    this.#text.hidden = this.#copyButton.hidden = reason !== "";
    if (!this.element.open) this.element.showModal();
  }

  /** @param {string[]} taken names of the rules that there are now */
  know(taken) {
    this.#taken = taken;
    this.#write();
  }

  #write() {
    const text = this.#source === null ? "" : ruleText({ ...this.#source, taken: this.#taken });
    // Who is about to copy by hand keeps the selection.
    if (this.#text.value !== text) this.#text.value = text;
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
 * What a rule asks for, or why there is none.
 *
 * @typedef {object} Asked
 * @property {string[]} conditions
 * @property {string} reason a sentence; empty: there is one
 */

/**
 * Of a board, what its filters ask for: its own conditions are those of its places.
 *
 * @param {Draft} screen
 * @param {Board} board
 * @returns {Asked}
 */
function ofBoard({ where }, board) {
  return { conditions: where.filter((each) => !board.conditions.includes(each)), reason: "" };
}

/**
 * Of a screen that was made on the page, its conditions, as far as the gateway takes them; without any, that a symbol has
 * the value of its tenth row now, or a better one.
 *
 * @param {Draft} screen
 * @returns {Promise<Asked>}
 */
async function ofScreen(screen) {
  const { by, order, where } = screen;
  const answer = await ask(`api/screen?${queryOf(screen)}&fields=${by}&limit=${PLACES}`).catch(() => null);
  if (answer?.error) return { conditions: [], reason: `No rule can be made of this screen: ${answer.error}.` };
  if (where.length > 0) return { conditions: where, reason: "" };
  const value = answer?.rows?.at(-1)?.[by];
  const least = Number.isFinite(value) ? value : 0;
  return { conditions: [`${by} ${order === "ascending" ? "<=" : ">="} ${least}`], reason: "" };
}
