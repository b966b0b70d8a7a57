// Sets the theme that the user chose before the first paint, so that the other one does not flash.
// No module: those run after the first paint. theme.js stores the choice.
"use strict";

try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is blocked or absent: the system's theme stays.
}
