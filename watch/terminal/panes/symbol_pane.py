"""The selected symbol: its quote, and a chart of its day."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text
from textual.widget import Widget

from watch.field_display import display
from watch.terminal import numbers
from watch.terminal.chart_text import chart_text
from watch.terminal.closes import Closes
from watch.terminal.field_text import field_text
from watch.terminal.row import Row

_CHANGES = ("change", "pct_change", "pct_change_since_open")
_FIGURES = ("accumulated_volume", "rvol", "free_float", "day_low", "day_high", "aggregate_vwap")
_CHART_HEIGHT = 3


class SymbolPane(Widget):
    """Shows the selected symbol, and nothing while there is none."""

    DEFAULT_CSS = """
    SymbolPane { height: 4; display: none; }
    SymbolPane.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._closes: Closes | None = None
        self._quote: Row | None = None
        self._notice = ""

    def open(self, symbol: str | None) -> None:
        """Show a symbol, of which nothing is known yet."""
        self._closes = Closes(symbol) if symbol else None
        self._quote = None
        self._notice = ""
        self.set_class(symbol is not None, "shown")
        self.refresh()

    def update_quote(self, quote: Row | None) -> None:
        """Take the newest quote. One of another symbol is of the symbol that was shown before."""
        if self._closes and quote and quote.symbol == self._closes.symbol:
            self._quote = quote
            self._closes.add(int(quote.numbers["end_timestamp"]), quote.numbers["close"])
            self.refresh()

    def add_closes(self, symbol: str, closes: Sequence[tuple[int, float]], notice: str) -> None:
        """Take recorded prices.

        Args:
            symbol: whose; those of another than the shown one come too late.
            closes: when each bar ended, Unix milliseconds, and its close in dollars.
            notice: why there are none; empty: nothing is wrong.
        """
        if self._closes and symbol == self._closes.symbol:
            for ended, close in closes:
                self._closes.add(ended, close)
            self._notice = notice
            self.refresh()

    def render(self) -> RenderableType:
        if self._closes is None:
            return ""
        return Group(_quote_line(self._closes.symbol, self._quote), _Chart(self._closes, self._notice))


def _quote_line(symbol: str, quote: Row | None) -> Text:
    line = Text(symbol, style="bold", no_wrap=True, overflow="ellipsis")
    if quote is None:
        return line.append("  no quote yet", style="dim")
    line.append(f"  {field_text(quote, display('close'))}", style="bold")
    for name in _CHANGES:
        value = quote.numbers.get(name, 0.0)
        style = "green" if value > 0 else "red" if value < 0 else ""
        line.append(f"  {field_text(quote, display(name))}", style=style)
        if name == "pct_change_since_open":
            line.append(" since open", style="not bold")
    for name in _FIGURES:
        line.append(f"  {display(name).title} ", style="not bold dim")
        line.append(field_text(quote, display(name)), style="not bold")
    return line


class _Chart:
    """The prices of a day as a line, with the highest and the lowest at its right."""

    def __init__(self, closes: Closes, notice: str) -> None:
        self._prices = closes.prices()
        self._notice = notice or "The chart begins with the second minute that trades"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if len(self._prices) < 2:
            yield Text(self._notice, style="dim", no_wrap=True, overflow="ellipsis")
            return
        ends = [numbers.price(max(self._prices)), *[""] * (_CHART_HEIGHT - 2), numbers.price(min(self._prices))]
        width = max(1, options.max_width - max(map(len, ends)) - 2)
        for line, end in zip(chart_text(self._prices, width, _CHART_HEIGHT), ends, strict=True):
            yield Text.assemble((line, "cyan"), "  ", (end, "dim"), no_wrap=True)
