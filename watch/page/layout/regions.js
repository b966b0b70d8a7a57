// The parts of the page, and where the keyboard goes in each.

import { byId } from "../elements.js";

/** The ids of the parts, from the top of the page to its foot. */
const REGIONS = ["head", "time-bar", "place-boards", "place-chart", "quote", "place-watchlist", "place-alerts", "foot"];

/** Where the keyboard goes in a part, the likeliest first. */
const TARGETS = ['[role="grid"]', '[tabindex="0"]', "input, button"];

/**
 * Give the keyboard to a part of the page.
 *
 * @param {HTMLElement} region
 * @returns {boolean} whether there is something in it that takes it
 */
export function focusIn(region) {
  const targets = TARGETS.flatMap((selector) => [...region.querySelectorAll(selector)]);
  return targets.some((target) => {
    if (!(target instanceof HTMLElement) || !target.checkVisibility()) return false;
    target.focus();
    return document.activeElement === target;
  });
}

/**
 * Give the keyboard to the next part of the page that is on the screen.
 *
 * @param {1 | -1} step
 * @returns {boolean} whether there is one: behind the last the key is the browser's, which has parts of its own
 */
export function goToNextRegion(step) {
  const regions = REGIONS.map((id) => byId(id, HTMLElement));
  const current = regions.findIndex((region) => region.contains(document.activeElement));
  const rest = step > 0 ? regions.slice(current + 1) : regions.slice(0, Math.max(0, current)).reverse();
  return rest.some(focusIn);
}
