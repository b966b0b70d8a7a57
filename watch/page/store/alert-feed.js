// The alerts for all that show or announce them.

/**
 * An alert, as the gateway publishes it.
 *
 * @typedef {object} Alert
 * @property {string} id RULE:SYMBOL:SECOND
 * @property {string} rule
 * @property {string} symbol
 * @property {number} at Unix milliseconds
 * @property {string} text
 * @property {Record<string, unknown>} row the symbol's row at that time
 */

/** @typedef {{ onAlert: (alert: Alert) => void }} AlertListener */

/** Calls at once, also in a background tab: alerts do not wait for a frame. */
export class AlertFeed {
  name = "alerts";
  /** @type {Set<AlertListener>} */
  listeners = new Set();
  want = {};
  drawsLater = false;

  /**
   * Take a message of the gateway.
   *
   * @param {any} message parsed
   */
  take({ data }) {
    if (!isAlert(data)) return;
    for (const { onAlert } of this.listeners) onAlert(data);
  }

  /** Nothing waits for a frame. */
  deliver() {}

  /** A gateway without alerts: there are none. */
  refuse() {}
}

/**
 * @param {any} value
 * @returns {value is Alert}
 */
export function isAlert(value) {
  const isText = [value?.id, value?.rule, value?.symbol, value?.text].every((text) => typeof text === "string");
  return isText && Number.isFinite(value.at);
}
