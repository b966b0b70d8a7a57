// The part of the panel in which the user says how alerts call: sounds, notifications, quiet hours.

import { make, makeText } from "../elements.js";
import { timeOfDay } from "../status/new-york-time.js";
import { Announcer } from "./announcer.js";
import { nextTime } from "./next-time.js";
import { SOUNDS } from "./sounds.js";

/** @import { AlertRule } from "./alert-log.js" */
/** @import { AlertSettings } from "./alert-settings.js" */
/** @import { Player, SoundName } from "./sounds.js" */

/** For how long alerts are quiet, in minutes. */
const QUIET = [
  { minutes: 15, title: "15 minutes" },
  { minutes: 60, title: "an hour" },
  { minutes: 240, title: "4 hours" },
];

/** Shows and changes the settings. */
export class CallSettings {
  element = make("details", "alert-settings");
  #settings;
  #player;
  #onChange;
  #summary = makeText("summary", "", "How alerts call");
  #sounds = make("div", "alert-sounds");
  /** The rules whose sounds are shown, as text. */
  #shown = "";
  #notify = make("input", "", { type: "checkbox" });
  #quiet = make("select", "", { "aria-label": "Do not disturb" });
  #until = make("input", "", { type: "time" });

  /**
   * @param {AlertSettings} settings
   * @param {Player} player
   * @param {() => void} onChange called when a setting has changed
   */
  constructor(settings, player, onChange) {
    this.#settings = settings;
    this.#player = player;
    this.#onChange = onChange;
    const notify = makeText("label", "choice", " Notifications while another window is in front");
    notify.prepend(this.#notify);
    this.#notify.addEventListener("change", () => void this.#onNotify());
    const quiet = makeText("label", "", "Do not disturb ");
    quiet.append(this.#quiet);
    this.#quiet.addEventListener("change", () => this.#onQuiet());
    const until = makeText("label", "", "or until, ET ");
    until.append(this.#until);
    this.#until.addEventListener("change", () => this.#onUntil());
    this.element.append(this.#summary, quiet, until, notify, this.#sounds);
  }

  /** @param {AlertRule[]} rules */
  show(rules) {
    const { quietUntil, notifies } = this.#settings;
    const canNotify = Announcer.canNotify;
    this.#notify.disabled = !canNotify;
    this.#notify.title = canNotify ? "" : "The browser does not allow this page to notify";
    this.#notify.checked = canNotify && notifies && Notification.permission === "granted";
    const now = quietUntil > 0 ? `until ${timeOfDay(quietUntil).slice(0, 5)} ET` : "off";
    if (this.#quiet.options[0]?.text !== now) {
      this.#quiet.replaceChildren(
        new Option(now, "", true, true),
        ...(quietUntil > 0 ? [new Option("off", "0")] : []),
        ...QUIET.map(({ minutes, title }) => new Option(`for ${title}`, String(minutes))),
      );
    }
    this.#showSounds(rules);
  }

  /** @param {AlertRule[]} rules */
  #showSounds(rules) {
    const names = rules.map(({ name }) => name);
    if (this.#shown === names.join()) return;
    this.#shown = names.join();
    this.#sounds.replaceChildren(
      ...rules.map(({ name, title }) => {
        const label = makeText("label", "", `${title} `);
        const select = make("select");
        for (const [sound, about] of Object.entries(SOUNDS)) select.append(new Option(about.title, sound));
        select.value = this.#settings.soundOf(name, names);
        select.addEventListener("change", () => {
          const sound = /** @type {SoundName} */ (select.value);
          this.#settings.chooseSound(name, sound);
          this.#player.play(sound);
        });
        label.append(select);
        return label;
      }),
    );
  }

  async #onNotify() {
    if (this.#notify.checked && Notification.permission !== "granted") await Notification.requestPermission();
    this.#settings.notifies = this.#notify.checked && Notification.permission === "granted";
    this.#onChange();
  }

  #onQuiet() {
    const minutes = Number(this.#quiet.value);
    this.#settings.quietUntil = minutes > 0 ? Date.now() + minutes * 60_000 : 0;
    this.#until.value = "";
    this.#onChange();
  }

  #onUntil() {
    // Empty: the user is typing, or has cleared it.
    this.#settings.quietUntil = this.#until.value === "" ? 0 : nextTime(this.#until.value, Date.now());
    this.#onChange();
  }
}
