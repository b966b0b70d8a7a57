// What every panel of the desk can do: boards, chart, watchlist and alerts.

/**
 * A panel. It calls the `onChange` of its options whenever its settings have changed.
 *
 * @typedef {object} Panel
 * @property {HTMLElement} element what the frame puts into the panel's place
 * @property {() => object} settings small JSON, and only what differs from the usual
 * @property {(settings: any) => void} apply shows what `settings` returned, in this browser or another. What is
 *   missing or invalid becomes the usual.
 * @property {(isShown: boolean) => void} shown called with whether the panel is on the screen, whenever that changes
 */

/** The name of a panel's place: its element in index.html is `place-NAME`. @typedef {"boards" | "chart" | "watchlist" | "alerts"} PlaceName */

export {};
