// What the browser's tab shows of the page while another one is in front: its title and its icon.

const TITLE = document.title;
const ICON = "icon.svg";

/** Those who have something to say in the title, in the order in which it is said. @typedef {"alerts" | "state" | "time"} Speaker */

/** @type {Speaker[]} */
const ORDER = ["alerts", "state", "time"];

/** Keeps what each part of the page says in the tab, and shows it. */
export class TabSign {
  /** @type {Map<Speaker, { text: string, icon: string }>} */
  #said = new Map();
  #link = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));

  /**
   * Say something, in place of what the same part said before.
   *
   * @param {Speaker} speaker
   * @param {string} text stands before the title; empty: nothing
   * @param {string} icon address of another icon; empty: the usual one. What breaks comes before what is merely so.
   */
  say(speaker, text, icon = "") {
    this.#said.set(speaker, { text, icon });
    const said = ORDER.map((each) => this.#said.get(each)).filter((each) => each !== undefined);
    const title = [...said.map((each) => each.text).filter(Boolean), TITLE].join(" \u00b7 ");
    if (document.title !== title) document.title = title;
    const priority = [this.#said.get("state"), this.#said.get("time"), this.#said.get("alerts")];
    const shown = priority.map((each) => each?.icon).find(Boolean) ?? ICON;
    if (this.#link.getAttribute("href") !== shown) this.#link.href = shown;
  }
}
