// Opens symbols' pages elsewhere, and asks for the address of such pages.

import { make, makeText } from "../elements.js";
import { keepLinkTemplate, linkTemplate, symbolLink } from "./symbol-link.js";

const WRONG = "That is no address on the web with {symbol} in it.";

/** A dialog, which is shown where the user has given no address yet, or wants another. */
export class Elsewhere {
  #dialog = make("dialog", "elsewhere", { "aria-labelledby": "elsewhere-title" });
  #template = make("input", "", {
    id: "elsewhere-template",
    inputmode: "url",
    placeholder: "https://example.com/quote/{symbol}",
    autocomplete: "off",
    spellcheck: "false",
  });
  #wrong = make("p", "wrong", { role: "alert" });
  #keep = makeText("button", "", "Keep");
  /** What is opened once there is an address; null: nothing. @type {string | null} */
  #symbol = null;

  constructor() {
    const form = make("form");
    const title = makeText("h2", "", "Symbols' pages elsewhere");
    title.id = "elsewhere-title";
    const label = makeText("label", "", "Their address, with {symbol} where the symbol stands");
    label.htmlFor = this.#template.id;
    const leave = makeText("button", "plain", "Cancel");
    leave.type = "button";
    leave.addEventListener("click", () => this.#dialog.close());
    const buttons = make("div", "actions");
    buttons.append(this.#keep, leave);
    form.append(title, label, this.#template, this.#wrong, buttons);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take();
    });
    this.#dialog.append(form);
    document.body.append(this.#dialog);
  }

  /**
   * Open the symbol's page in another tab.
   *
   * @param {string} symbol
   */
  open(symbol) {
    const link = symbolLink(linkTemplate(), symbol);
    if (link) window.open(link, "_blank", "noopener,noreferrer");
    else this.ask(symbol);
  }

  /**
   * Let the user give the address.
   *
   * @param {string | null} symbol whose page is opened then; null: none
   */
  ask(symbol) {
    this.#symbol = symbol;
    this.#template.value = linkTemplate();
    this.#wrong.textContent = "";
    this.#keep.textContent = symbol === null ? "Keep" : `Keep, and open ${symbol}`;
    this.#dialog.showModal();
    this.#template.select();
  }

  #take() {
    const { value } = this.#template;
    if (value.trim() !== "" && symbolLink(value, "AAPL") === null) {
      this.#wrong.textContent = WRONG;
      return;
    }
    keepLinkTemplate(value);
    this.#dialog.close();
    if (this.#symbol !== null && value.trim() !== "") this.open(this.#symbol);
  }
}
