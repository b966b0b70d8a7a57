// Whether alerts are silent by the user's wish, in words.

import { ownTime } from "./own-clock.js";

/**
 * Why alerts are silent.
 *
 * @typedef {object} Silence
 * @property {string} sign a few words, which stand at a tab; empty: alerts are not silent
 * @property {string} about a sentence
 */

/**
 * @param {{ isMuted: boolean, quietUntil: number }} settings of alerts
 * @returns {Silence}
 */
export function silence({ isMuted, quietUntil }) {
  if (quietUntil > 0) {
    const time = ownTime(quietUntil);
    return { sign: `quiet until ${time}`, about: `Alerts neither sound nor notify until ${time}, by your clock.` };
  }
  if (isMuted) return { sign: "muted", about: "Alerts make no sound." };
  return { sign: "", about: "" };
}
