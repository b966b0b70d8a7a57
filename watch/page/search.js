// Finding a symbol by its letters.

// What the core takes for a symbol (leaderboard/event.py); all else is refused before it is asked for.
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9.\-+=^/_]{0,23}$/;
const SUGGESTIONS = 8;

export class Search {
  #input = document.getElementById("symbol");
  #quote;

  #symbols;

  /**
   * @param symbols those of the boards.
   * @param quote the panel that shows what is found.
   */
  constructor(symbols, quote) {
    this.#symbols = symbols;
    this.#quote = quote;
    const list = document.getElementById("symbols");
    const suggest = () => {
      const letters = this.#input.value.trim().toUpperCase();
      const found = letters ? symbols.all().filter((symbol) => symbol.toUpperCase().startsWith(letters)) : [];
      list.replaceChildren(...found.slice(0, SUGGESTIONS).map((symbol) => new Option(symbol, symbol)));
    };
    this.#input.addEventListener("input", suggest);
    this.#input.addEventListener("focus", async () => (await symbols.refresh()) && suggest());
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
    this.#quote.open(typed, () => this.#others(typed));
  }

  /**
   * What somebody may have meant where nobody knows the symbol as typed. Some symbols have small letters (BRKpA): it is
   * the one on the boards that differs by case only; else one in capitals, as most are.
   */
  #others(typed) {
    const capitals = typed.toUpperCase();
    const alike = this.#symbols.all().filter((symbol) => symbol.toUpperCase() === capitals);
    return [...(alike.length === 1 ? alike : []), capitals];
  }
}
