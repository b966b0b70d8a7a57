// Explains what a label means: by hover, by focus, and by touch.

import { make } from "../elements.js";

/** A pointer that only passes by explains nothing. */
const HOVER_MS = 350;
/** In which the pointer may go from the label to its explanation, to read on. */
const LEAVE_MS = 250;
const GAP_PX = 4;
const SELECTOR = "[data-about]";

/**
 * Give a label an explanation.
 *
 * @param {HTMLElement} label that the keyboard reaches, for who has no pointer
 * @param {string} about
 */
export function explain(label, about) {
  label.dataset.about = about;
  label.setAttribute("aria-description", about);
}

/** Shows the explanation of one label at a time. */
export class Explanations {
  #tip = make("div", "explanation", { popover: "manual", "aria-hidden": "true" });
  /** The label that is explained. @type {HTMLElement | null} */
  #label = null;
  #timer = 0;

  constructor() {
    document.body.append(this.#tip);
    document.addEventListener("pointerover", (event) => this.#onHover(event));
    document.addEventListener("focusin", ({ target }) => {
      const label = labelOf(target);
      if (label?.matches(":focus-visible")) this.#show(label);
    });
    document.addEventListener("focusout", () => this.#hide());
    document.addEventListener("pointerdown", (event) => this.#onPress(event));
    // Before anybody else: Escape closes the explanation, and leaves open what is behind it.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#label) return;
      event.preventDefault();
      this.#hide();
    }, { capture: true });
    document.addEventListener("scroll", () => this.#hide(), { capture: true, passive: true });
  }

  /** @param {PointerEvent} event */
  #onHover({ target, pointerType }) {
    if (pointerType !== "mouse") return;
    const isTip = target instanceof Node && this.#tip.contains(target);
    const label = isTip ? this.#label : labelOf(target);
    clearTimeout(this.#timer);
    if (label === this.#label) return;
    if (label) this.#timer = window.setTimeout(() => this.#show(label), HOVER_MS);
    else this.#timer = window.setTimeout(() => this.#hide(), LEAVE_MS);
  }

  /** @param {PointerEvent} event */
  #onPress({ target, pointerType }) {
    const label = labelOf(target);
    if (pointerType === "mouse") return;
    // A second touch closes it, as one anywhere else does.
    if (label && label !== this.#label) this.#show(label);
    else this.#hide();
  }

  /** @param {HTMLElement} label */
  #show(label) {
    clearTimeout(this.#timer);
    this.#label = label;
    this.#tip.textContent = label.dataset.about ?? "";
    this.#tip.showPopover();
    this.#place(label.getBoundingClientRect());
  }

  /** Below the label, or above it where there is no room. @param {DOMRect} label */
  #place({ left, top, bottom }) {
    const { offsetWidth: width, offsetHeight: height } = this.#tip;
    const isBelow = bottom + GAP_PX + height <= innerHeight;
    this.#tip.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX))}px`;
    this.#tip.style.top = `${isBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - height)}px`;
  }

  #hide() {
    clearTimeout(this.#timer);
    if (!this.#label) return;
    this.#label = null;
    this.#tip.hidePopover();
  }
}

/**
 * The label at an event's target; null: there is none.
 *
 * @param {EventTarget | null} target
 */
function labelOf(target) {
  return target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(SELECTOR)) : null;
}
