// How strongly a change in percent is tinted: the eye finds the largest first.

const STEPS = [10, 20, 50, 100];

/**
 * @param {number | undefined} percent
 * @returns {"" | `tint-${"up" | "down"}-${number}`} a class; empty: the change is too small, or unknown
 */
export function tintOf(percent = 0) {
  const level = STEPS.filter((step) => Math.abs(percent) >= step).length;
  return level === 0 ? "" : `tint-${percent > 0 ? "up" : "down"}-${level}`;
}
