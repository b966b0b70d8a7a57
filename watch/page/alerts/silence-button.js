// The sign in the page's head that alerts are silent, whatever panel is in front.

import { byId } from "../elements.js";

/** @import { Silence } from "./silence.js" */

/** A button that leads to the alerts, where silence ends. */
export class SilenceButton {
  #button = byId("silence", HTMLButtonElement);

  /** @param {() => void} onOpen called when the user wants to see the alerts */
  constructor(onOpen) {
    this.#button.addEventListener("click", onOpen);
  }

  /** @param {Silence} silence */
  show({ sign, about }) {
    this.#button.hidden = sign === "";
    this.#button.title = about;
    this.#button.setAttribute("aria-label", `Alerts: ${sign}`);
  }
}
