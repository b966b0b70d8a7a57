// Layouts to begin with, for the three parts of the day. Screens are those that are shipped (config/screens.toml).

/** @import { LayoutSettings } from "./desk-layout.js" */

/**
 * @typedef {object} Preset
 * @property {string} title
 * @property {string} about what it is for
 * @property {LayoutSettings} settings
 */

/** The usual prices of small caps. */
const SMALL_CAPS = { min_price: "2", max_price: "20" };

/** @type {Preset[]} */
export const PRESETS = [
  {
    title: "Morning",
    about: "Gap and go: what trades far from yesterday's close",
    settings: {
      boards: {
        panes: [
          { board: "gappers", filters: { ...SMALL_CAPS, min_change: "10" } },
          { board: "small_caps" },
          { board: "relative_volume" },
        ],
      },
    },
  },
  {
    title: "Open",
    about: "Runners: what moves now",
    settings: { boards: { panes: [{ board: "runners" }, { board: "gainers" }, { board: "new_highs" }] } },
  },
  {
    title: "After hours",
    about: "What moves since the close",
    settings: { boards: { panes: [{ board: "after_hours" }, { board: "volume" }, { board: "dollar_volume" }] } },
  },
];
