// The part of the panel in which the user says how alerts call: sounds, notifications, quiet hours.

import { make, makeText } from "../elements.js";
import { nextTime, ownTime } from "./own-clock.js";
import { silence } from "./silence.js";
import { SOUNDS } from "./sounds.js";

/** @import { AlertRule } from "./alert-log.js" */
/** @import { AlertSettings } from "./alert-settings.js" */
/** @import { Notifications } from "./notifications.js" */
/** @import { Player, SoundName } from "./sounds.js" */

/** For how long alerts are quiet, in minutes. */
const QUIET = [
  { minutes: 10, title: "10 minutes" },
  { minutes: 15, title: "15 minutes" },
  { minutes: 60, title: "an hour" },
  { minutes: 240, title: "4 hours" },
];

const CALLS = "How alerts call";
const NOT_READY = "no sound before your first click or key";

/** Shows and changes the settings. */
export class CallSettings {
  element = make("details", "alert-settings");
  #settings;
  #player;
  #notifications;
  #onChange;
  #summary = makeText("summary", "", CALLS);
  #sounds = make("div", "alert-sounds");
  /** The rules whose sounds are shown, as text. */
  #shown = "";
  #notify = make("input", "", { type: "checkbox", "aria-describedby": "no-notifications" });
  #obstacle = makeText("p", "note", "");
  #quiet = make("select", "", { "aria-label": "Do not disturb" });
  #until = make("input", "", { type: "time" });

  /**
   * @param {{ settings: AlertSettings, player: Player, notifications: Notifications }} parts
   * @param {() => void} onChange called when a setting has changed
   */
  constructor({ settings, player, notifications }, onChange) {
    this.#settings = settings;
    this.#player = player;
    this.#notifications = notifications;
    this.#onChange = onChange;
    const notify = makeText("label", "choice", " Notifications while another window is in front");
    notify.prepend(this.#notify);
    this.#notify.addEventListener("change", () => void this.#onNotify());
    const quiet = makeText("label", "", "Do not disturb ");
    quiet.append(this.#quiet);
    this.#quiet.addEventListener("change", () => this.#onQuiet());
    const until = makeText("label", "", "or until, by your clock ");
    until.append(this.#until);
    this.#until.addEventListener("change", () => this.#onUntil());
    this.#obstacle.id = "no-notifications";
    this.element.append(this.#summary, quiet, until, notify, this.#obstacle, this.#sounds);
  }

  /** @param {AlertRule[]} rules */
  show(rules) {
    this.#showSilence();
    const { quietUntil, notifies } = this.#settings;
    const { obstacle, areAllowed } = this.#notifications;
    this.#notify.disabled = obstacle !== "";
    this.#notify.checked = notifies && areAllowed;
    this.#obstacle.hidden = obstacle === "";
    this.#obstacle.textContent = obstacle && `${obstacle} Sounds, and the tab's title and icon, call all the same.`;
    const now = quietUntil > 0 ? `until ${ownTime(quietUntil)}` : "off";
    if (this.#quiet.options[0]?.text !== now) {
      this.#quiet.replaceChildren(
        new Option(now, "", true, true),
        ...(quietUntil > 0 ? [new Option("off", "0")] : []),
        ...QUIET.map(({ minutes, title }) => new Option(`for ${title}`, String(minutes))),
      );
    }
    this.#showSounds(rules);
  }

  #showSilence() {
    const { sign } = silence(this.#settings);
    const state = sign || (this.#player.isReady ? "" : NOT_READY);
    const text = state === "" ? CALLS : `${CALLS}: ${state}`;
    if (this.#summary.textContent !== text) this.#summary.textContent = text;
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
    this.#settings.notifies = this.#notify.checked && (await this.#notifications.ask());
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
