// Arrangements to begin with, for the three parts of the day. Screens are those that are shipped (config/screens.toml).

/** @import { LayoutSettings } from "./desk-layout.js" */

/**
 * @typedef {object} Preset
 * @property {string} title
 * @property {string} about what it is for
 * @property {LayoutSettings} settings of the panels that it arranges; one that is empty is as usual
 */

/** What every preset arranges. Which list and which alerts are shown is the user's own. */
const ARRANGED = { boards: {}, chart: {}, desk: {} };
/** The usual prices of small caps. */
const SMALL_CAPS = { min_price: "2", max_price: "20" };

/** @type {Preset[]} */
export const PRESETS = [
  {
    title: "Morning",
    about: "Gap and go: small caps far from yesterday's close, candles of 5 minutes, the watchlist",
    settings: {
      ...ARRANGED,
      boards: {
        panes: [
          { board: "gappers", filters: { ...SMALL_CAPS, min_change: "10" } },
          { board: "small_caps" },
          { board: "relative_volume" },
        ],
      },
      chart: { minutes: 5 },
    },
  },
  {
    title: "Open",
    about: "Runners: what moves now, candles of 1 minute, the alerts",
    settings: {
      ...ARRANGED,
      boards: {
        panes: [{ board: "runners" }, { board: "gainers", filters: { min_price: "2" } }, { board: "new_highs" }],
      },
      desk: { dock: "alerts" },
    },
  },
  {
    title: "After hours",
    about: "What moves since the close, candles of 15 minutes, the watchlist",
    settings: {
      ...ARRANGED,
      boards: { panes: [{ board: "after_hours" }, { board: "volume" }, { board: "dollar_volume" }] },
      chart: { minutes: 15 },
    },
  },
  { title: "Usual", about: "As at the first visit", settings: ARRANGED },
];

/**
 * The desk as a preset arranges it.
 *
 * @param {Preset} preset
 * @param {LayoutSettings} now what is shown
 * @returns {LayoutSettings}
 */
export function arranged({ settings }, now) {
  return { ...now, ...settings };
}

/**
 * Whether the desk is as a preset arranges it.
 *
 * @param {Preset} preset
 * @param {LayoutSettings} now what is shown
 */
export function isArranged({ settings }, now) {
  return Object.entries(settings).every(([panel, wanted]) => JSON.stringify(now[panel] ?? {}) === JSON.stringify(wanted));
}
