// The page: boards and what feeds them.

import { BoardView } from "./board.js";
import { BOARDS } from "./boards.js";
import { Feed } from "./connection.js";
import { Filters } from "./filters.js";
import { KeyPrompt } from "./key.js";
import { rowsOf } from "./published.js";
import { QuotePanel } from "./quote.js";
import { Search } from "./search.js";
import { StatusView } from "./status.js";
import { Symbols } from "./symbols.js";
import { Tabs } from "./tabs.js";

const SYMBOL = "symbol";

/** A board's view, its feed and what has come of it and is not shown yet. */
class Followed {
  #view;
  #news = null;
  #onShown;

  constructor(view, name, { onPublished, onShown, onState }) {
    this.#view = view;
    this.#onShown = onShown;
    this.feed = new Feed(`scanners:top_${name}`, {
      onData: (data, cached) => {
        if (!cached) onPublished();
        // The newest of those that come between two frames, or while nobody looks, is the one to read.
        if (this.#news === null) requestAnimationFrame(() => this.#show());
        this.#news = { data };
      },
      onState,
    });
  }

  /** When the newest bar on the board ended, Unix milliseconds; 0: there is none. */
  newest() {
    return this.#view.newest();
  }

  #show() {
    const { data } = this.#news;
    this.#news = null;
    const rows = rowsOf(data);
    if (rows) this.#view.update(rows);
    else this.#view.refuse("What was published is no board");
    this.#onShown();
  }
}

const quote = new QuotePanel({
  onSymbol: (symbol) => {
    const url = new URL(location.href);
    if (symbol) url.searchParams.set(SYMBOL, symbol);
    else url.searchParams.delete(SYMBOL);
    history.replaceState(history.state, "", url);
  },
  // It may be meant for one of a board that is not followed.
  onUnknown: async () => {
    if (await symbols.refresh()) quote.reconsider();
  },
});

const views = BOARDS.map((board) => {
  const kept = `sort-${board.name}`;
  return new BoardView(board, document.getElementById(`board-${board.name}`), {
    sort: storage.tab.json(kept),
    onPick: (symbol) => quote.open(symbol),
    onSort: (sort) => storage.tab.set(kept, JSON.stringify(sort)),
  });
});

// A board that is not followed tells the time it was left at.
const newest = () => Math.max(...shown.map((each) => each.newest()));
const status = new StatusView(() => shown.map(({ feed }) => feed));
const prompt = new KeyPrompt(() => {
  for (const { feed } of shown) feed.open();
  quote.retry();
});

const followed = views.map((view, i) => new Followed(view, BOARDS[i].name, {
  onPublished: () => status.published(),
  onShown: () => {
    status.see(newest());
    quote.reconsider();
  },
  onState: ({ state }) => {
    if (state === "unauthorized") prompt.ask();
    if (state === "open") status.ask();
    status.draw();
  },
}));

let shown = [];

/** Follow only the boards that are on the screen: on a phone that is one. */
function follow(indices) {
  shown = indices.map((i) => followed[i]);
  for (const each of followed) {
    if (shown.includes(each)) each.feed.open();
    else each.feed.close();
  }
}

new Filters((passes) => views.forEach((view) => view.filter(passes)));
new Tabs(BOARDS.map(({ name }) => name), follow);
const symbols = new Symbols(() => views.map((view, i) => ({
  name: BOARDS[i].name,
  symbols: view.symbols(),
  followed: shown.includes(followed[i]),
})));
const search = new Search(symbols, quote);

const asked = new URL(location.href).searchParams.get(SYMBOL);
if (asked) search.find(asked);

// Who comes back to the page, or gets the network back, need not wait for the next try.
function retry() {
  if (document.hidden) return;
  for (const { feed } of shown) if (feed.state === "waiting") feed.open();
  quote.retry();
  status.ask();
}
addEventListener("online", retry);
document.addEventListener("visibilitychange", retry);
