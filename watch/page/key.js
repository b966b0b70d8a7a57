// The API key, where the gateway asks for one. It is kept by the tab alone and is never part of an address.

const KEY = "api-key";

export function knownKey() {
  return storage.tab.get(KEY);
}

export function forgetKey() {
  storage.tab.remove(KEY);
}

/** Asks for the key, once however often it is called. */
export class KeyPrompt {
  #dialog = document.getElementById("key");
  #input = document.getElementById("api-key");
  #why = document.getElementById("key-why");
  #refused = false;

  /** @param onKey called when a key has been given. */
  constructor(onKey) {
    this.#dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      storage.tab.set(KEY, this.#input.value);
      this.#input.value = "";
      this.#refused = true;
      this.#dialog.close();
      onKey();
    });
    // Without a key there is nothing to see behind it.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    // Chromium lets Escape close it without asking, from the second time on.
    this.#dialog.addEventListener("close", () => knownKey() === null && this.ask());
  }

  ask() {
    if (this.#dialog.open) return;
    this.#why.textContent = this.#refused ? "That key was refused." : "This server asks for a key.";
    this.#dialog.showModal();
  }
}
