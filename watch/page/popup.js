// What opens beside a button until its user looks elsewhere. The browser closes it, by Escape too.

import { make } from "./elements.js";

/** What a popup opens at. @typedef {{ left: number, bottom: number }} Anchor */

const MARGIN = 8;

/** A button and its popup. On a narrow screen the popup stands at the bottom, within the thumb's reach (style.css). */
export class Popup {
  element = make("div", "popup", { popover: "auto", role: "dialog" });
  #button;
  /** Where it opens in the place of a button. @type {Anchor} */
  #at = { left: 0, bottom: 0 };
  #narrow = window.matchMedia("(max-width: 959px)");

  /**
   * @param {HTMLButtonElement | null} button opens and closes it; null: `openAt` does
   * @param {string} label what it is, for screen readers
   * @param {() => void} onOpen called before it opens, to fill it
   */
  constructor(button, label, onOpen) {
    this.#button = button;
    this.element.setAttribute("aria-label", label);
    // Escape closes the popup and nothing behind it.
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.stopPropagation();
    });
    // Who tabs on has looked elsewhere too. Where nothing gets the focus, the window lost it or a control was replaced.
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && relatedTarget !== button && !this.element.contains(relatedTarget)) this.close();
    });
    if (button) {
      button.popoverTargetElement = this.element;
      button.setAttribute("aria-haspopup", "dialog");
    }
    this.element.addEventListener("beforetoggle", (event) => {
      if (event instanceof ToggleEvent && event.newState === "open") onOpen();
    });
    this.element.addEventListener("toggle", (event) => {
      if (event instanceof ToggleEvent && event.newState === "open") this.#onOpened();
    });
  }

  /** @param {Anchor} at */
  openAt(at) {
    this.#at = at;
    this.element.showPopover();
  }

  close() {
    this.element.hidePopover();
  }

  #onOpened() {
    this.#place();
    const first = this.element.querySelector("input, select, button");
    if (first instanceof HTMLElement) first.focus();
  }

  /** Below the button, as far as the window allows. */
  #place() {
    const { style } = this.element;
    if (this.#narrow.matches) {
      style.left = style.top = "";
      return;
    }
    const { left, bottom } = this.#button?.getBoundingClientRect() ?? this.#at;
    const { offsetWidth, offsetHeight } = this.element;
    style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${Math.max(MARGIN, Math.min(bottom + 2, innerHeight - offsetHeight - MARGIN))}px`;
  }
}
