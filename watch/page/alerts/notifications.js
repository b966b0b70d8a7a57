// Notifications of the system, where the browser has them for pages.

const ICON = "alerts/icon-alert.svg";
const SAMPLE = "Alerts are shown like this.";

/** Shows notifications, and says plainly where the browser cannot. */
export class Notifications {
  /** Browsers of Android have notifications, and refuse them to pages. */
  #isRefused = false;

  /** Why none can be shown, as a sentence; empty: they can, or the user can be asked. */
  get obstacle() {
    if (!window.isSecureContext) return "Browsers notify only for pages that come over HTTPS, or from this computer.";
    if (!("Notification" in window)) return "This browser has no notifications.";
    if (this.#isRefused) return "This browser does not let pages notify, as those of Android do not.";
    if (Notification.permission === "denied") {
      return "You have refused notifications of this page. The browser's settings for it can allow them again.";
    }
    return "";
  }

  /** Whether they are shown without asking the user. */
  get areAllowed() {
    return this.obstacle === "" && Notification.permission === "granted";
  }

  /**
   * Ask the user, and show one: it tells whether the browser shows any.
   *
   * @returns {Promise<boolean>} whether they are shown from now on
   */
  async ask() {
    if (this.obstacle === "" && !this.areAllowed) await Notification.requestPermission();
    if (this.areAllowed) this.show(SAMPLE, "sample", () => {});
    return this.areAllowed;
  }

  /**
   * @param {string} text
   * @param {string} tag a later notification of the same one, by another window too, takes its place
   * @param {() => void} onClick
   */
  show(text, tag, onClick) {
    try {
      const notification = new Notification(text, { tag, icon: ICON });
      notification.addEventListener("click", () => {
        window.focus();
        notification.close();
        onClick();
      });
    } catch (error) {
      // Illegal constructor: only a service worker may.
      if (!(error instanceof TypeError)) throw error;
      this.#isRefused = true;
    }
  }
}
