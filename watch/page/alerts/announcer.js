// Calls the user when an alert fires: by a sound, a notification of the system, and the tab's title and icon.

import { SOUNDS } from "./sounds.js";

/** @import { Alert } from "../store/alert-feed.js" */
/** @import { TabSign } from "../tab/tab-sign.js" */
/** @import { AlertSettings } from "./alert-settings.js" */
/** @import { Player } from "./sounds.js" */

const ICON = "alerts/icon-alert.svg";
/** Alerts within this time are notified of together. */
const GATHER_MS = 300;
/** More alerts than that are one notification. */
const MOST_SINGLE = 3;
/** Symbols that are named of many alerts. */
const MOST_NAMED = 8;

/** Announces alerts as the user's settings say. */
export class Announcer {
  #settings;
  #player;
  #tab;
  #onOpen;
  /** Whether this is the window that sounds: of several windows of a browser one does. */
  #sounds = false;
  /** @type {Alert[]} */
  #gathered = [];

  /**
   * @param {object} parts
   * @param {AlertSettings} parts.settings
   * @param {Player} parts.player
   * @param {TabSign} parts.tab
   * @param {(alert: Alert) => void} onOpen called when the user clicks a notification
   */
  constructor({ settings, player, tab }, onOpen) {
    this.#settings = settings;
    this.#player = player;
    this.#tab = tab;
    this.#onOpen = onOpen;
  }

  /** From now on this window may sound, unless another one does already. */
  joinSounding() {
    // Browsers have no locks for a page that came without TLS from another machine.
    if (!("locks" in navigator)) {
      this.#sounds = true;
      return;
    }
    void navigator.locks.request("alert-sounds", () => {
      this.#sounds = true;
      // Until the window is closed.
      return new Promise(() => {});
    });
  }

  /** Whether the system may show notifications, or could be asked. */
  static get canNotify() {
    return "Notification" in window && window.isSecureContext && Notification.permission !== "denied";
  }

  /**
   * Announce alerts by one sound, that of the newest one whose rule has a sound.
   *
   * @param {Alert[]} alerts newest first
   * @param {string[]} rules names of all rules, in their order
   */
  announce(alerts, rules) {
    if (this.#settings.quietUntil > 0) return;
    const sounds = alerts.map(({ rule }) => this.#settings.soundOf(rule, rules));
    const sound = sounds.find((name) => SOUNDS[name].tones.length > 0);
    if (sound && this.#sounds && !this.#settings.isMuted) this.#player.play(sound);
    const canNotify = Announcer.canNotify && Notification.permission === "granted";
    if (!this.#settings.notifies || !canNotify || document.hasFocus()) return;
    if (this.#gathered.length === 0) setTimeout(() => this.#notify(), GATHER_MS);
    this.#gathered.push(...alerts);
  }

  /** @param {number} count alerts that the user has not seen */
  showUnseen(count) {
    const text = count === 0 ? "" : `(${count} ${count === 1 ? "alert" : "alerts"})`;
    this.#tab.say("alerts", text, count === 0 ? "" : ICON);
  }

  #notify() {
    const alerts = this.#gathered;
    this.#gathered = [];
    if (alerts.length <= MOST_SINGLE) {
      // A notification of the same tag, by another window, takes the place of this one.
      for (const alert of alerts) this.#show(alert.text, alert.id, alert);
      return;
    }
    this.#show(summary(alerts), "alerts", alerts[0]);
  }

  /**
   * @param {string} text
   * @param {string} tag
   * @param {Alert} alert that a click opens
   */
  #show(text, tag, alert) {
    const notification = new Notification(text, { tag, icon: ICON });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
      this.#onOpen(alert);
    });
  }
}

/**
 * Alerts in one line.
 *
 * @param {Alert[]} alerts at least one
 */
export function summary(alerts) {
  if (alerts.length === 1) return alerts[0].text;
  const symbols = [...new Set(alerts.map(({ symbol }) => symbol))];
  const more = symbols.length > MOST_NAMED ? " and more" : "";
  return `${alerts.length} alerts: ${symbols.slice(0, MOST_NAMED).join(", ")}${more}`;
}
