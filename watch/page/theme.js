// Dark or light: the system's choice, until the user makes one.

import { byId } from "./elements.js";
import { browserStorage } from "./storage.js";

/** Where the choice is stored. early-theme.js reads it too. */
const STORED_AS = "theme";

/** Let the button switch between dark and light. */
export function watchThemeButton() {
  const root = document.documentElement;
  const systemIsLight = window.matchMedia("(prefers-color-scheme: light)");
  byId("theme", HTMLButtonElement).addEventListener("click", () => {
    const current = root.dataset.theme ?? (systemIsLight.matches ? "light" : "dark");
    root.dataset.theme = current === "light" ? "dark" : "light";
    browserStorage.set(STORED_AS, root.dataset.theme);
  });
}
