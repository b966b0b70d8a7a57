// How wide the dock is, and how much of its height the lists have: as the user drags the dividers beside and in it.

import { byId } from "../elements.js";
import { Divider } from "./divider.js";

/** Shares of the desk's width, and of the dock's height. A missing one is as usual. @typedef {{ width?: number, lists?: number }} Sizes */

/** What can be seen in a smaller part is not worth its place. */
const LEAST = 0.15;
const MOST = 0.75;

/** Sizes the dock. On a narrow screen, where one panel is shown at a time, there is nothing to divide (frame.css). */
export class DockSizes {
  #desk = byId("desk", HTMLElement);
  #dock = byId("dock", HTMLElement);
  #lists = byId("lists", HTMLElement);
  #onChange;
  /** @type {Sizes} */
  #sizes = {};
  #width;
  #height;

  /** @param {() => void} onChange called when the user has changed a size */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#width = new Divider(() => ({
      isUpright: true,
      label: "Width of chart and lists",
      length: this.#desk.offsetWidth,
      share: this.#widthShare,
      // It stands at the dock's left: to the right makes the dock narrower.
      onMove: (by) => this.#change({ width: this.#widthShare - by }),
      onUsual: () => this.#change({ width: undefined }),
    }));
    this.#height = new Divider(() => ({
      isUpright: false,
      label: "Height of the lists",
      length: this.#dockHeight,
      share: this.#lists.offsetHeight / this.#dockHeight,
      onMove: (by) => this.#change({ lists: this.#lists.offsetHeight / this.#dockHeight - by }),
      onUsual: () => this.#change({ lists: undefined }),
    }));
    this.#dock.before(this.#width.element);
    this.#lists.before(this.#height.element);
    const observer = new ResizeObserver(() => this.#show());
    for (const element of [this.#dock, this.#lists]) observer.observe(element);
  }

  get sizes() {
    return this.#sizes;
  }

  /** Of the desk's width, what is behind the divider. The dock itself is wider: it reaches below the divider. */
  get #widthShare() {
    const { right } = this.#width.element.getBoundingClientRect();
    return (this.#desk.getBoundingClientRect().right - right) / this.#desk.offsetWidth;
  }

  /** Of what is in the dock, pixels. */
  get #dockHeight() {
    const { paddingTop, paddingBottom } = getComputedStyle(this.#dock);
    return this.#dock.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
  }

  /** @param {any} sizes of settings; what is no size is as usual */
  set sizes({ width, lists }) {
    this.#sizes = { ...within("width", width), ...within("lists", lists) };
    this.#lay();
  }

  /** @param {Sizes} changed */
  #change(changed) {
    this.sizes = { ...this.#sizes, ...changed };
    this.#onChange();
  }

  #lay() {
    const { width, lists } = this.#sizes;
    setPercent(this.#desk, "--dock-width", width);
    setPercent(this.#desk, "--lists-height", lists);
    this.#desk.classList.toggle("sized-lists", lists !== undefined);
    this.#show();
  }

  /** Say how large the parts are now. */
  #show() {
    if (this.#desk.offsetWidth === 0 || this.#dock.offsetHeight === 0) return;
    this.#width.show(LEAST, MOST);
    this.#height.show(LEAST, MOST);
  }
}

/**
 * @param {"width" | "lists"} name
 * @param {unknown} share
 * @returns {Sizes}
 */
function within(name, share) {
  if (typeof share !== "number" || !Number.isFinite(share)) return {};
  return { [name]: Math.round(Math.max(LEAST, Math.min(share, MOST)) * 1000) / 1000 };
}

/**
 * @param {HTMLElement} element
 * @param {string} property
 * @param {number | undefined} share undefined: as usual
 */
function setPercent(element, property, share) {
  if (share === undefined) element.style.removeProperty(property);
  else element.style.setProperty(property, `${share * 100}%`);
}
