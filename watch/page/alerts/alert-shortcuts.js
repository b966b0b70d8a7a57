// Which keys do what with alerts.

/** @import { Shortcuts } from "../keys/shortcuts.js" */
/** @import { AlertsPanel } from "./alerts-panel.js" */

/**
 * @param {Shortcuts} shortcuts
 * @param {AlertsPanel} alerts
 * @param {() => void} onMakeRule called when the user wants a rule of the board that is looked at
 */
export function addAlertShortcuts(shortcuts, alerts, onMakeRule) {
  const group = "Alerts";
  shortcuts.add({ group, key: "m", title: "Turn the alerts' sounds off or on", run: () => alerts.toggleMute() });
  shortcuts.add({ group, key: "a", title: "Write a rule of alerts of this screen, for the server", run: onMakeRule });
}
