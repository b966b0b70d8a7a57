// The page: makes panes, quote and status, and connects them.

import { addAlertShortcuts } from "./alerts/alert-shortcuts.js";
import { AlertsPanel } from "./alerts/alerts-panel.js";
import { SilenceButton } from "./alerts/silence-button.js";
import { addressedTexts, forgetAddressedTexts } from "./boards/filters/addressed-filters.js";
import { BoardsPanel } from "./boards/panes/boards-panel.js";
import { ChartPanel } from "./chart/chart-panel.js";
import { declarations } from "./declarations.js";
import { Elsewhere } from "./exchange/elsewhere.js";
import { shareLink } from "./exchange/share-link.js";
import { Explanations } from "./explanations/explanations.js";
import { KeyPrompt } from "./gateway/key-prompt.js";
import { addDeskShortcuts, addExport, addSymbolShortcuts } from "./keys/desk-shortcuts.js";
import { HelpDialog } from "./keys/help-dialog.js";
import { Shortcuts } from "./keys/shortcuts.js";
import { DeskLayout } from "./layout/desk-layout.js";
import { Frame } from "./layout/frame.js";
import { LayoutsDialog } from "./layout/layouts-dialog.js";
import { Notice } from "./layout/notice.js";
import { WindowLayout } from "./layout/window-layout.js";
import { DeskTime } from "./past/desk-time.js";
import { addressedTime, keepTimeInAddress } from "./past/time-address.js";
import { TimeBar } from "./past/time-bar.js";
import { BoardSymbols } from "./quote/board-symbols.js";
import { QuotePanel } from "./quote/quote-panel.js";
import { Search } from "./quote/search.js";
import { BY_ARROWS, Selection } from "./selection/selection.js";
import { SymbolActions, symbolButtons } from "./selection/symbol-actions.js";
import { addressedSymbol, keepSymbolInAddress } from "./selection/symbol-address.js";
import { SymbolMenu } from "./selection/symbol-menu.js";
import { Sparklines } from "./sparklines/sparklines.js";
import { StatusView } from "./status/status-view.js";
import { Store } from "./store/store.js";
import { TabSign } from "./tab/tab-sign.js";
import { watchThemeButton } from "./theme.js";
import { Undo } from "./undo.js";
import { linkedList, withList } from "./watchlist/linked-list.js";
import { WatchlistPanel } from "./watchlist/watchlist-panel.js";
import { Watchlists } from "./watchlist/watchlists.js";

const declared = declarations();

const selection = new Selection();
const notice = new Notice();
const undo = new Undo(notice);
const shortcuts = new Shortcuts();

const time = new DeskTime();
const tab = new TabSign();
const store = new Store(declared.boards);
const layout = new DeskLayout();
const frame = new Frame(() => layout.changed());
const sparklines = new Sparklines(time, () => store.connection.state === "open");
store.onConnection(() => {
  if (store.connection.state === "open") sparklines.refresh();
});
const status = new StatusView({ store, time, tab, boards: declared.boards });

const elsewhere = new Elsewhere();
const quote = new QuotePanel(declared.fields, {
  store,
  buttons: symbolButtons({
    symbol: () => selection.symbol,
    onElsewhere: (symbol) => elsewhere.open(symbol),
    onMenu: (symbol, at) => symbolMenu.open(symbol, at, false),
  }),
  onSymbol: (symbol) => {
    if (symbol !== selection.symbol) selection.choose(symbol, "quote");
  },
  // A symbol that is not on the screen may have been meant.
  onUnknown: async () => {
    if (await symbols.refresh()) quote.tryAlternative();
  },
  trading: () => status.trading,
});

const keyPrompt = new KeyPrompt(() => store.open());
store.onConnection(() => {
  if (store.connection.state === "unauthorized") keyPrompt.ask();
});

const boards = new BoardsPanel(
  declared,
  {
    store,
    notice,
    undo,
    selection,
    sparklines,
    isLive: () => time.isLive,
    isWatched: (symbol) => watchlist.isWatched(symbol),
    trading: () => status.trading,
    recorded: () => status.recorded,
  },
  {
    texts: addressedTexts(),
    onFiltered: forgetAddressedTexts,
    onChange: () => layout.changed(),
    onShown: () => {
      status.see(Math.max(...boards.visible.map((pane) => pane.newest())));
      quote.tryAlternative();
      search.refresh();
    },
  },
);

const lists = new Watchlists();
const watchlist = new WatchlistPanel(
  declared.fields,
  { store, selection, sparklines, lists, notice, undo, trading: () => status.trading },
  {
    linked: linkedList(new URL(location.href)),
    onChange: () => layout.changed(),
    onListed: () => boards.refresh(),
    onMenu: (symbol, at) => symbolMenu.open(symbol, at, true),
    onShare: (list) => shareLink(withList(new URL(location.pathname, location.href), list), notice),
  },
);

const actions = new SymbolActions({ notice, watchlist, elsewhere });
const symbolMenu = new SymbolMenu((symbol, isOfList) => actions.of(symbol, isOfList));

const chart = new ChartPanel({ fields: declared.fields, selection, store, time, onChange: () => layout.changed() });

/** Make a rule of the board that the user was last at. */
function makeRule() {
  const pane = boards.current;
  if (!pane) return;
  const { board, draft } = pane.shown;
  alerts.makeRule({ ...pane.screen, title: board.title }, draft ? null : board);
}
const silenceButton = new SilenceButton(() => frame.go("alerts"));
const alerts = new AlertsPanel(
  { store, time, clock: status, selection, tab, notice },
  {
    onChange: () => layout.changed(),
    onMakeRule: makeRule,
    onUnseen: (count) => frame.count("alerts", count),
    onSilence: (silence) => {
      frame.mark("alerts", silence.sign, silence.about);
      silenceButton.show(silence);
    },
  },
);
boards.addAction("Make a rule of alerts for the server", makeRule);

const symbols = new BoardSymbols(boards);
const search = new Search(symbols, quote);

new Explanations();
watchThemeButton();
frame.place("boards", "Boards", boards);
// A gateway without history knows no candles.
if (declared.has_history) frame.place("chart", "Chart", chart);
frame.place("watchlist", "Watchlist", watchlist);
frame.place("alerts", "Alerts", alerts);
layout.add("boards", boards);
layout.add("chart", chart);
layout.add("watch", watchlist);
layout.add("alerts", alerts);
layout.add("desk", frame);
const windowLayout = new WindowLayout(layout, { isVisit: addressedTexts() !== null });
windowLayout.open();
if (!windowLayout.isOwn) {
  notice.say("A link brought this layout. Your own is as you left it: see Layouts.", {
    title: "Keep this one",
    run: () => undo.did("This layout is yours from now on.", windowLayout.own()),
  });
}
const layouts = new LayoutsDialog({
  layout,
  windowLayout,
  lists,
  notice,
  undo,
  onShare: (url) => shareLink(watchlist.symbols.length > 0 ? withList(url, watchlist.list) : url, notice),
});
store.open();
selection.watch((symbol, origin) => {
  if (symbol === null || origin === "quote") return;
  if (origin === BY_ARROWS) quote.showIfOpen(symbol);
  else quote.show(symbol);
});
const addressed = addressedSymbol();
keepSymbolInAddress(selection);
if (quote.wasClosed(addressed)) selection.choose(addressed, BY_ARROWS);
else search.find(addressed);
if (declared.has_history) {
  shortcuts.add({ group: "Chart", key: "i", title: "Go on to longer candles", run: () => chart.nextInterval() });
}
addAlertShortcuts(shortcuts, alerts, makeRule);
addDeskShortcuts(shortcuts, { boards, frame, help: new HelpDialog(shortcuts), layouts, search, undo });
addSymbolShortcuts(shortcuts, { notice, quote, selection, actions });
addExport(shortcuts, { boards, watchlist, notice, marketTime: () => status.marketTime });

if (declared.has_history) {
  let wasLive = time.isLive;
  time.watch(() => {
    if (time.isLive !== wasLive) boards.resume();
    wasLive = time.isLive;
  });
  const timeBar = new TimeBar({ time, store, status, tab, shortcuts });
  const at = addressedTime();
  keepTimeInAddress(time);
  if (at !== null) void timeBar.openAt(at);
}

/** Reconnect at once when the user comes back to the page, or the network to the user. */
function retry() {
  if (document.hidden) return;
  store.retry();
  status.ask();
}
addEventListener("online", retry);
document.addEventListener("visibilitychange", retry);
