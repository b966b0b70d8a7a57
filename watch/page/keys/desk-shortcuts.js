// Which keys do what on the desk.

import { copyRows, saveRows } from "../exchange/board-export.js";
import { copyText } from "../exchange/clipboard.js";
import { linkTemplate, symbolLink } from "../exchange/symbol-link.js";

/** @import { BoardsPanel } from "../boards/panes/boards-panel.js" */
/** @import { Content } from "../exchange/shown-table.js" */
/** @import { Frame } from "../layout/frame.js" */
/** @import { LayoutsDialog } from "../layout/layouts-dialog.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { QuotePanel } from "../quote/quote-panel.js" */
/** @import { Search } from "../quote/search.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { WatchlistPanel } from "../watchlist/watchlist-panel.js" */
/** @import { HelpDialog } from "./help-dialog.js" */
/** @import { Shortcuts } from "./shortcuts.js" */

/** Keys `1` to `6`. */
const MOST_BOARDS = 6;
const NONE_CHOSEN = "Choose a symbol first: click a row, or press 1 and the arrow keys.";

/**
 * Add the keys that lead to the parts of the desk.
 *
 * @param {Shortcuts} shortcuts
 * @param {object} parts
 * @param {BoardsPanel} parts.boards
 * @param {Frame} parts.frame with all panels in their places
 * @param {HelpDialog} parts.help
 * @param {LayoutsDialog} parts.layouts
 * @param {Search} parts.search
 */
export function addDeskShortcuts(shortcuts, { boards, frame, help, layouts, search }) {
  const add = adder(shortcuts, "Desk");
  add("/", "Search for a symbol", () => search.focus());
  for (let n = 1; n <= MOST_BOARDS; n++) {
    add(String(n), "Go to that board", () => {
      frame.show("boards");
      boards.focus(n - 1);
    });
  }
  for (const { name, title } of frame.placed) add(`g ${name[0]}`, `Go to: ${title}`, () => frame.go(name));
  add("p", "Pause the order of the boards, or let it go on", () => boards.pause());
  add("v", "Layouts of the desk", () => layouts.open());
  add("?", "Show this list", () => help.open());
}

/**
 * Add the keys that act on the selected symbol, or on that of the row that the keyboard is at.
 *
 * @param {Shortcuts} shortcuts
 * @param {object} parts
 * @param {Notice} parts.notice
 * @param {QuotePanel} parts.quote
 * @param {Selection} parts.selection
 * @param {WatchlistPanel} parts.watchlist
 */
export function addSymbolShortcuts(shortcuts, { notice, quote, selection, watchlist }) {
  const add = adder(shortcuts, "Symbol");
  /** @param {(symbol: string) => void} act */
  const onTarget = (act) => () => {
    if (selection.target === null) notice.say(NONE_CHOSEN);
    else act(selection.target);
  };
  add("w", "Watch the symbol, or watch it no longer", onTarget((symbol) => watchlist.toggle(symbol)));
  add("c", "Copy the symbol", onTarget((symbol) => copySymbol(symbol, notice)));
  add("o", "Open the symbol's page elsewhere", onTarget((symbol) => openElsewhere(symbol, notice)));
  add("Escape", "Leave what you type into, then close the quote", () => quote.close());
}

/**
 * Add the keys and the entries of the boards' menus by which rows are taken elsewhere.
 *
 * @param {Shortcuts} shortcuts
 * @param {object} parts
 * @param {BoardsPanel} parts.boards
 * @param {Notice} parts.notice
 * @param {() => number | null} parts.marketTime Unix milliseconds; null: unknown
 */
export function addExport(shortcuts, { boards, notice, marketTime }) {
  /** @param {(content: Content) => void} act */
  const onBoard = (act) => () => {
    if (boards.current) act(boards.current.content);
  };
  const add = adder(shortcuts, "Board");
  const copy = onBoard((content) => void copyRows(content, notice));
  const save = onBoard((content) => saveRows(content, marketTime()));
  add("y", "Copy the rows of the board", copy);
  add("e", "Save the rows of the board as CSV", save);
  boards.addAction("Copy the rows", copy);
  boards.addAction("Save the rows as CSV", save);
}

/**
 * @param {Shortcuts} shortcuts
 * @param {string} group
 * @returns {(key: string, title: string, run: () => unknown) => void}
 */
function adder(shortcuts, group) {
  return (key, title, run) => shortcuts.add({ group, key, title, run });
}

/**
 * @param {string} symbol
 * @param {Notice} notice
 */
async function copySymbol(symbol, notice) {
  notice.say((await copyText(symbol)) ? `Copied ${symbol}.` : "The browser does not let this page copy.");
}

/**
 * @param {string} symbol
 * @param {Notice} notice
 */
function openElsewhere(symbol, notice) {
  const link = symbolLink(linkTemplate(), symbol);
  if (link) window.open(link, "_blank", "noopener,noreferrer");
  else notice.say("Give the address of such a page under Layouts first.");
}
