// Calls the user when an alert fires: by a sound, a notification of the system, and the tab's title and icon.

import { SOUNDS } from "./sounds.js";

/** @import { Alert } from "../store/alert-feed.js" */
/** @import { TabSign } from "../tab/tab-sign.js" */
/** @import { AlertSettings } from "./alert-settings.js" */
/** @import { Notifications } from "./notifications.js" */
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
  #notifications;
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
   * @param {Notifications} parts.notifications
   * @param {TabSign} parts.tab
   * @param {(alert: Alert) => void} onOpen called when the user clicks a notification
   */
  constructor({ settings, player, notifications, tab }, onOpen) {
    this.#settings = settings;
    this.#player = player;
    this.#notifications = notifications;
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
    if (!this.#settings.notifies || !this.#notifications.areAllowed || document.hasFocus()) return;
    if (this.#gathered.length === 0) setTimeout(() => this.#notify(), GATHER_MS);
    this.#gathered.push(...alerts);
  }

  /** @param {string} count alerts that the user has not seen, such as `300+`; empty: none */
  showUnseen(count) {
    const text = count === "" ? "" : `(${count} ${count === "1" ? "alert" : "alerts"})`;
    this.#tab.say("alerts", text, count === "" ? "" : ICON);
  }

  #notify() {
    const alerts = this.#gathered;
    this.#gathered = [];
    if (alerts.length <= MOST_SINGLE) {
      for (const alert of alerts) this.#notifications.show(alert.text, alert.id, () => this.#onOpen(alert));
      return;
    }
    this.#notifications.show(summary(alerts), "alerts", () => this.#onOpen(alerts[0]));
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
