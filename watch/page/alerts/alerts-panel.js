// The panel of alerts: what has fired, newest first, and how the user is called.

import { make, makeText } from "../elements.js";
import { browserStorage } from "../storage.js";
import { AlertList } from "./alert-list.js";
import { AlertLog } from "./alert-log.js";
import { AlertSettings } from "./alert-settings.js";
import { marketTimes, momentText } from "./alert-time.js";
import { Announcer } from "./announcer.js";
import { CallSettings } from "./call-settings.js";
import { Notifications } from "./notifications.js";
import { RuleDialog } from "./rule-dialog.js";
import { silence } from "./silence.js";
import { Player } from "./sounds.js";
import { SpokenAlerts } from "./spoken-alerts.js";

/** @import { Draft } from "../boards/screens/draft.js" */
/** @import { Board } from "../declarations.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { DeskTime } from "../past/desk-time.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { StatusView } from "../status/status-view.js" */
/** @import { Alert } from "../store/alert-feed.js" */
/** @import { Store } from "../store/store.js" */
/** @import { TabSign } from "../tab/tab-sign.js" */
/** @import { Silence } from "./silence.js" */

/** When the newest alert fired that the user has seen, in this browser. */
const SEEN = "alerts-seen";

const UNREADABLE = "The alerts cannot be read at the moment.";

/** A panel (layout/panel.js). */
export class AlertsPanel {
  element = make("div", "alerts panel");
  #settings = new AlertSettings(browserStorage);
  #player = new Player(() => {
    this.#announcer.joinSounding();
    this.#show();
  });
  #time;
  #clock;
  #notice;
  #onChange;
  #onUnseen;
  #onSilence;
  #announcer;
  #log;
  #list;
  #calls;
  #rules;
  #rule = make("select", "", { "aria-label": "Only alerts of this rule" });
  #mute = make("button", "plain", { type: "button" });
  #nothing = makeText("p", "nothing", "");
  #spoken = new SpokenAlerts();
  #isShown = false;
  #quietTimer = 0;
  /** The rule whose alerts are shown; empty: all. */
  #chosen = "";
  /** Alerts that fired later are marked as new. */
  #markedSince = Infinity;

  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {DeskTime} parts.time
   * @param {StatusView} parts.clock
   * @param {Selection} parts.selection
   * @param {TabSign} parts.tab
   * @param {Notice} parts.notice
   * @param {object} options
   * @param {() => void} options.onChange called when the settings have changed
   * @param {() => void} options.onMakeRule called when the user wants a rule of the board that is looked at
   * @param {(count: string) => void} options.onUnseen called with how many alerts the user has not seen, such as `300+`
   * @param {(silence: Silence) => void} options.onSilence called with whether alerts are silent by the user's wish
   */
  constructor({ store, time, clock, selection, tab, notice }, { onChange, onMakeRule, onUnseen, onSilence }) {
    this.#time = time;
    this.#clock = clock;
    this.#notice = notice;
    this.#onChange = onChange;
    this.#onUnseen = onUnseen;
    this.#onSilence = onSilence;
    const callers = { settings: this.#settings, player: this.#player, notifications: new Notifications() };
    this.#announcer = new Announcer({ ...callers, tab }, ({ symbol }) => selection.choose(symbol, "alerts"));
    this.#list = new AlertList(selection, clock, () => void this.#showEarlier());
    clock.onDay(() => {
      this.#show();
      this.#list.writeTimes();
    });
    this.#calls = new CallSettings(callers, () => this.#show());
    this.#rules = new RuleDialog(notice);
    this.#log = new AlertLog({ store, time, clock }, { onChange: () => this.#show(), onFired: (alerts) => this.#call(alerts) });
    this.#fill(onMakeRule);
    document.addEventListener("visibilitychange", () => this.#look());
    // Another window has changed the settings, or has seen the alerts.
    addEventListener("storage", () => this.#show());
  }

  // --- what the desk asks of a panel

  /** The rule whose alerts are shown, unless it is all. */
  settings() {
    return this.#chosen === "" ? {} : { rule: this.#chosen };
  }

  /** @param {any} settings */
  apply(settings) {
    this.#chosen = typeof settings?.rule === "string" ? settings.rule : "";
    this.#show();
  }

  /** @param {boolean} isShown */
  shown(isShown) {
    this.#isShown = isShown;
    this.#look();
  }

  // --- keys

  /** Let alerts sound where they are silent, whatever the reason; else turn the sounds off. */
  toggleMute() {
    const isSilent = this.#isSilent;
    this.#settings.isMuted = !isSilent;
    if (isSilent) this.#settings.quietUntil = 0;
    this.#notice.say(isSilent ? "Alerts sound." : "Alerts make no sound.");
    this.#show();
  }

  /** The player is not ready before the first click or key, which may be the one that asks for sounds. */
  get #isSilent() {
    return this.#settings.isMuted || this.#settings.quietUntil > 0 || !this.#player.isReady;
  }

  /**
   * Show a rule of a screen.
   *
   * @param {Draft} screen
   * @param {Board | null} board null: it was made on the page
   */
  makeRule(screen, board) {
    void this.#rules.open(screen, board);
  }

  // --- in the page

  /** @param {() => void} onMakeRule */
  #fill(onMakeRule) {
    const head = make("div", "alert-head");
    const rule = makeText("button", "", "Rule for the server\u2026");
    rule.type = "button";
    rule.title = "Write a rule of the board that you were last at, for who runs the server. Shortcut: a";
    rule.addEventListener("click", onMakeRule);
    this.#mute.addEventListener("click", () => this.toggleMute());
    this.#rule.addEventListener("change", () => {
      this.#chosen = this.#rule.value;
      this.#show();
      this.#onChange();
    });
    head.append(makeText("h2", "", "Alerts"), this.#rule, this.#mute, rule);
    this.element.append(head, this.#calls.element, this.#list.element, this.#nothing);
    // Not in the panel: alerts are spoken also while another one is in its place.
    document.body.append(this.#spoken.element);
    this.#show();
  }

  /** @param {Alert[]} alerts that the user is called for, newest first */
  #call(alerts) {
    this.#announcer.announce(alerts, this.#log.rules.map(({ name }) => name));
    if (this.#settings.quietUntil === 0) this.#spoken.say(alerts);
  }

  /** The user looks at the alerts now, or no more. */
  #look() {
    const isLooking = this.#isShown && !document.hidden;
    if (isLooking) this.#markedSince = this.#seenAt();
    this.#show();
  }

  /** When the newest alert fired that the user has seen; who is here for the first time has missed none. */
  #seenAt() {
    const stored = browserStorage.get(SEEN);
    return stored !== null && Number.isFinite(Number(stored)) ? Number(stored) : Infinity;
  }

  #show() {
    const { alerts, rules } = this.#log;
    this.#keepSeen();
    const seenAt = this.#seenAt();
    const unseen = this.#time.isLive ? alerts.filter(({ at }) => at > seenAt).length : 0;
    const areMore = unseen === alerts.length && this.#log.hasEarlier;
    const count = unseen === 0 ? "" : `${unseen}${areMore ? "+" : ""}`;
    this.#announcer.showUnseen(count);
    this.#onUnseen(count);
    const chosen = alerts.filter(({ rule }) => this.#chosen === "" || rule === this.#chosen);
    this.#showRules();
    this.#calls.show(rules);
    this.#list.show(chosen, {
      times: marketTimes(alerts, this.#clock.isReplay),
      titles: new Map(rules.map(({ name, title }) => [name, title])),
      seenAt: this.#markedSince,
    });
    this.#nothing.hidden = chosen.length > 0;
    this.#nothing.textContent = this.#log.isUnknown ? UNREADABLE : "No alerts yet.";
    this.#showEnd();
    this.#showMute();
  }

  #showEnd() {
    const { hasEarlier, completeSince } = this.#log;
    const isEnd = !hasEarlier && completeSince !== null;
    this.#list.showEnd(hasEarlier, isEnd ? `Alerts before ${momentText(completeSince)} are not kept.` : "");
  }

  async #showEarlier() {
    const [newest] = await this.#log.earlier();
    if (newest) this.#list.focus(newest.id);
    else if (this.#log.hasEarlier) this.#notice.say(UNREADABLE);
  }

  #showMute() {
    const { isMuted, quietUntil } = this.#settings;
    clearTimeout(this.#quietTimer);
    if (quietUntil > 0) this.#quietTimer = window.setTimeout(() => this.#show(), quietUntil - Date.now());
    this.#onSilence(silence(this.#settings));
    const sound = this.#isSilent ? "Unmute" : "Mute";
    this.#mute.textContent = quietUntil > 0 ? "End quiet" : sound;
    this.#mute.title = this.#player.isReady || isMuted ? "Shortcut: m" : "Sounds begin with the first click or key";
  }

  /** Remember what the user has seen: what was there at the first visit, and then what is looked at. */
  #keepSeen() {
    const isLooking = this.#isShown && !document.hidden;
    const isFirst = this.#log.isLoaded && this.#seenAt() === Infinity;
    const newest = this.#log.alerts[0]?.at ?? 0;
    if (!this.#time.isLive || !(isFirst || (isLooking && newest > this.#seenAt()))) return;
    browserStorage.set(SEEN, String(newest));
  }

  #showRules() {
    const { alerts, rules } = this.#log;
    const names = new Map(rules.map(({ name, title }) => [name, title]));
    this.#rules.know([...names.keys()]);
    // Of a rule that is gone there may still be alerts.
    for (const { rule } of alerts) if (!names.has(rule)) names.set(rule, rule);
    if (this.#chosen !== "" && !names.has(this.#chosen)) names.set(this.#chosen, this.#chosen);
    const wanted = ["", ...names.keys()];
    if ([...this.#rule.options].map(({ value }) => value).join() !== wanted.join()) {
      const options = [...names].map(([name, title]) => new Option(title, name));
      this.#rule.replaceChildren(new Option("All rules", ""), ...options);
    }
    this.#rule.value = this.#chosen;
  }
}
