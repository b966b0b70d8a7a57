// Dark or light: the system's choice until the user makes one, which is then kept.
"use strict";

{
  const KEY = "theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: light)");

  const chosen = storage.browser.get(KEY);
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const shown = root.dataset.theme ?? (system.matches ? "light" : "dark");
      root.dataset.theme = shown === "light" ? "dark" : "light";
      storage.browser.set(KEY, root.dataset.theme);
    });
  });
}
