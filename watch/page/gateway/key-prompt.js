// The dialog that asks for the API key.

import { byId } from "../elements.js";
import { knownKey, storeKey } from "./api-key.js";

/** Asks for the key until one is given. */
export class KeyPrompt {
  #dialog = byId("key", HTMLDialogElement);
  #form = byId("key-form", HTMLFormElement);
  #input = byId("api-key", HTMLInputElement);
  #reason = byId("key-why", HTMLElement);
  #wasGiven = false;

  /** @param {() => void} onKey called when a key was given */
  constructor(onKey) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      storeKey(this.#input.value);
      this.#input.value = "";
      this.#wasGiven = true;
      this.#dialog.close();
      onKey();
    });
    // Without a key there is nothing to see behind the dialog.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    // Chromium closes it on the second Escape without asking.
    this.#dialog.addEventListener("close", () => {
      if (knownKey() === null) this.ask();
    });
  }

  /** Ask, unless the dialog is open already. */
  ask() {
    if (this.#dialog.open) return;
    this.#reason.textContent = this.#wasGiven ? "That key was refused." : "This server asks for a key.";
    this.#dialog.showModal();
  }
}
