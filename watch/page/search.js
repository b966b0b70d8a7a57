// Finding a symbol by its letters.

// What the core takes for a symbol (leaderboard/event.py); all else is refused before it is asked for.
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9.\-+=^/_]{0,23}$/;
const SUGGESTIONS = 8;

export class Search {
  #input = document.getElementById("symbol");
  #quote;

  /**
   * @param suggest returns symbols that start with some letters, `most` at most.
   * @param quote the panel that shows what is found.
   */
  constructor(suggest, quote) {
    this.#quote = quote;
    const list = document.getElementById("symbols");
    this.#input.addEventListener("input", () => {
      const letters = this.#input.value.trim().toUpperCase();
      const symbols = letters ? suggest(letters, SUGGESTIONS) : [];
      list.replaceChildren(...symbols.map((symbol) => new Option(symbol, symbol)));
    });
    document.getElementById("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#input.select();
      this.find(this.#input.value.trim());
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, dialog")) return;
      event.preventDefault();
      this.#input.select();
    });
  }

  /** Show the quote of what somebody typed. */
  find(typed) {
    if (!typed) return;
    if (!SYMBOL.test(typed)) {
      this.#quote.refuse(typed, "A symbol has letters, digits and . - + = ^ / _ only.");
      return;
    }
    // Some symbols have small letters (BRKpA), which is why they are tried as typed; most have none.
    const capitals = typed.toUpperCase();
    this.#quote.open(typed, capitals === typed ? null : capitals);
  }
}
