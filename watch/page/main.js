// The page: makes boards, quote and status, and connects them.

import { FilterForm } from "./boards/filter-form.js";
import { FollowedBoard } from "./boards/followed-board.js";
import { Tabs } from "./boards/tabs.js";
import { declarations } from "./declarations.js";
import { KeyPrompt } from "./gateway/key-prompt.js";
import { BoardSymbols } from "./quote/board-symbols.js";
import { QuotePanel } from "./quote/quote-panel.js";
import { Search } from "./quote/search.js";
import { StatusView } from "./status/status-view.js";
import { watchThemeButton } from "./theme.js";

const { boards, fields } = declarations();

/** The boards on the screen. @type {FollowedBoard[]} */
let shown = [];

const status = new StatusView(() => shown.map(({ feed }) => feed));

const quote = new QuotePanel(fields, {
  onSymbol: (symbol) => {
    const url = new URL(location.href);
    if (symbol) url.searchParams.set("symbol", symbol);
    else url.searchParams.delete("symbol");
    history.replaceState(history.state, "", url);
  },
  // A symbol that is not on the screen may have been meant.
  onUnknown: async () => {
    if (await symbols.refresh()) quote.tryAlternative();
  },
});

const keyPrompt = new KeyPrompt(() => {
  for (const { feed } of shown) feed.open();
  quote.retry();
});

const tabs = new Tabs(boards, (now) => {
  shown = followed.filter(({ board }) => now.includes(board));
  // Only boards on the screen are followed: on a phone that is one.
  for (const each of followed) {
    if (shown.includes(each)) each.feed.open();
    else each.feed.close();
  }
});

const followed = boards.map((board, i) => new FollowedBoard(board, fields, tabs.sections[i], {
  onPick: (symbol) => quote.open(symbol),
  onPublished: () => status.published(),
  onShown: () => {
    status.see(Math.max(...shown.map((each) => each.newest())));
    quote.tryAlternative();
  },
  onState: ({ state }) => {
    if (state === "unauthorized") keyPrompt.ask();
    if (state === "open") status.ask();
    status.draw();
  },
}));

const symbols = new BoardSymbols(followed, (board) => shown.includes(board));
const search = new Search(symbols, quote);

new FilterForm((passes) => followed.forEach((board) => board.filter(passes)));
watchThemeButton();
tabs.show();
search.find(new URL(location.href).searchParams.get("symbol") ?? "");

/** Reconnect at once when the user comes back to the page, or the network to the user. */
function retry() {
  if (document.hidden) return;
  for (const { feed } of shown) if (feed.state === "waiting") feed.open();
  quote.retry();
  status.ask();
}
addEventListener("online", retry);
document.addEventListener("visibilitychange", retry);
