// Which keys do what on the desk.

import { byId } from "../elements.js";
import { copyRows, saveRows } from "../exchange/board-export.js";
import { focusIn, goToNextRegion } from "../layout/regions.js";

/** @import { BoardsPanel } from "../boards/panes/boards-panel.js" */
/** @import { Content } from "../exchange/shown-table.js" */
/** @import { Frame } from "../layout/frame.js" */
/** @import { LayoutsDialog } from "../layout/layouts-dialog.js" */
/** @import { Notice } from "../layout/notice.js" */
/** @import { QuotePanel } from "../quote/quote-panel.js" */
/** @import { Search } from "../quote/search.js" */
/** @import { Selection } from "../selection/selection.js" */
/** @import { SymbolActions } from "../selection/symbol-actions.js" */
/** @import { Undo } from "../undo.js" */
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
 * @param {Undo} parts.undo
 */
export function addDeskShortcuts(shortcuts, { boards, frame, help, layouts, search, undo }) {
  const add = adder(shortcuts, "Desk");
  add("/", "Search for a symbol", () => search.focus());
  for (let n = 1; n <= MOST_BOARDS; n++) {
    add(String(n), "Go to that board", () => {
      frame.show("boards");
      boards.focus(n - 1);
    });
  }
  for (const { name, title } of frame.placed) add(`g ${name[0]}`, `Go to: ${title}`, () => frame.go(name));
  add("g q", "Go to: Quote", () => focusIn(byId("quote", HTMLElement)));
  add("F6", "Go to the next part of the page", () => goToNextRegion(1));
  const before = { key: "Shift+F6", title: "Go to the part before", label: "Shift + F6" };
  shortcuts.add({ group: "Desk", ...before, run: () => goToNextRegion(-1) });
  add("p", "Pause the order of the boards, or let it go on", () => boards.pause());
  add("v", "Layouts of the desk", () => layouts.open());
  add("u", "Take back what was done last: an arrangement replaced, a list or a symbol removed", () => undo.undo());
  shortcuts.add({ group: "Desk", key: "U", label: "Shift + u", title: "Do it again", run: () => undo.redo() });
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
 * @param {SymbolActions} parts.actions
 */
export function addSymbolShortcuts(shortcuts, { notice, quote, selection, actions }) {
  const add = adder(shortcuts, "Symbol");
  /** @param {(symbol: string) => void} act */
  const onTarget = (act) => () => {
    if (selection.target === null) notice.say(NONE_CHOSEN);
    else act(selection.target);
  };
  for (const { key, title, run } of actions.keyed) add(key, title, onTarget(run));
  add("Escape", "Leave what you type into, then close the quote", () => quote.close());
}

/**
 * Add the keys and the entries of the boards' menus by which rows are taken elsewhere.
 *
 * @param {Shortcuts} shortcuts
 * @param {object} parts
 * @param {BoardsPanel} parts.boards
 * @param {WatchlistPanel} parts.watchlist
 * @param {Notice} parts.notice
 * @param {() => number | null} parts.marketTime Unix milliseconds; null: unknown
 */
export function addExport(shortcuts, { boards, watchlist, notice, marketTime }) {
  /** @param {Content | undefined} content */
  const copy = (content) => content && void copyRows(content, notice);
  /** @param {Content | undefined} content */
  const save = (content) => content && saveRows(content, marketTime());
  const ofBoard = () => boards.current?.content;
  const ofKeyboard = () => (watchlist.element.contains(document.activeElement) ? watchlist.content : ofBoard());
  const add = adder(shortcuts, "Board");
  add("y", "Copy the rows of the board, or of the watchlist", () => copy(ofKeyboard()));
  add("e", "Save the rows of the board, or of the watchlist, as CSV", () => save(ofKeyboard()));
  boards.addAction("Copy the rows", () => copy(ofBoard()));
  boards.addAction("Save the rows as CSV", () => save(ofBoard()));
  watchlist.addAction("Copy the rows", () => copy(watchlist.content));
  watchlist.addAction("Save the rows as CSV", () => save(watchlist.content));
}

/**
 * @param {Shortcuts} shortcuts
 * @param {string} group
 * @returns {(key: string, title: string, run: () => unknown) => void}
 */
function adder(shortcuts, group) {
  return (key, title, run) => shortcuts.add({ group, key, title, run });
}
