// A screen over the whole market that is asked for each second.

import { readRows } from "../gateway/validation.js";
import { knownKey } from "../gateway/api-key.js";
import { BoardRows } from "./board-rows.js";

/** @import { Row } from "../row.js" */
/** @import { BoardUpdate } from "./board-feed.js" */

const EVERY_MS = 1_000;
const TIMEOUT_MS = 4_000;

/** What it shows while the desk is in the past. */
const NOT_RECORDED = "This screen was made on the page. It is not recorded, so it has no past.";

/** Asks from when it is opened until it is closed. Nothing is asked while nobody looks. */
export class ScreenPoll {
  #query;
  #listener;
  #board = new BoardRows();
  #etag = "";
  #timer = 0;
  #isOpen = false;
  /** Only the answer to the newest question counts. */
  #questions = 0;

  /**
   * @param {string} query the text behind `/api/screen?`
   * @param {object} listener
   * @param {(update: BoardUpdate) => void} listener.onBoard
   * @param {(reason: string) => void} listener.onRefused
   */
  constructor(query, listener) {
    this.#query = query;
    this.#listener = listener;
  }

  /** Ask from now on. */
  open() {
    this.#isOpen = true;
    this.change(this.#query);
  }

  /**
   * Ask something else from now on.
   *
   * @param {string} query
   */
  change(query) {
    this.#query = query;
    this.#etag = "";
    clearTimeout(this.#timer);
    if (this.#isOpen) void this.#ask();
  }

  /** Ask no more, and show that there is no past of a screen that nobody published. */
  showPast() {
    this.close();
    this.#show([], NOT_RECORDED);
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
  }

  async #ask() {
    const question = ++this.#questions;
    if (!document.hidden) await this.#askNow(question).catch(() => {});
    if (this.#isOpen && question === this.#questions) this.#timer = window.setTimeout(() => void this.#ask(), EVERY_MS);
  }

  /** @param {number} question */
  async #askNow(question) {
    const key = knownKey();
    const response = await fetch(`api/screen?${this.#query}`, {
      headers: { ...(key !== null && { "X-API-Key": key }), ...(this.#etag && { "If-None-Match": this.#etag }) },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 304) return;
    const answer = await response.json();
    if (!this.#isOpen || question !== this.#questions) return;
    const rows = readRows(answer?.rows);
    if (!response.ok || !rows) {
      this.#listener.onRefused(String(answer?.error));
      return;
    }
    this.#etag = response.headers.get("ETag") ?? "";
    this.#show(rows, "");
  }

  /**
   * @param {Row[]} rows best first
   * @param {string} unknown why it is not known which they were; empty: it is known
   */
  #show(rows, unknown) {
    this.#board.replace(rows);
    this.#listener.onBoard({ rows: this.#board.rows, unknown });
  }
}
