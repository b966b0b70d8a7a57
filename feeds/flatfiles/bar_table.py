"""Holds millions of bars in little memory."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from feeds.flatfiles.bar import Bar
from leaderboard.flat_file_lines import Figures

_WIDTH = 6


class BarTable:
    """Bars of one file and one trading day, 68 bytes each; a list of :class:`Bar` takes five times as much.

    Rows are added in any order. Iterating gives the rows that were kept, in the order in which they were kept.

    Args:
        path: the file.

    Attributes:
        seconds: the length of a bar.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0
        self._ids: dict[str, int] = {}
        self._symbols = array("I")
        self._starts = array("q")
        self._numbers = array("d")
        self._lines = array("I")
        self._kept = array("I")

    def add(self, symbol: str, start: int, figures: Figures, line: int) -> None:
        """Add a row of the file, with the number of its line."""
        self._symbols.append(self._ids.setdefault(symbol, len(self._ids)))
        self._starts.append(start)
        self._numbers.extend(figures)
        self._lines.append(line)

    def rows(self) -> Iterator[tuple[int, str, int]]:
        """Start, symbol and number of each row, sorted in this order."""
        symbols = list(self._ids)
        alphabetical = sorted(symbols)
        ranks = {symbol: rank for rank, symbol in enumerate(alphabetical)}
        rank_of = [ranks[symbol] for symbol in symbols]
        # Rows sort several times as fast by one integer as by a pair.
        places = [
            start * len(symbols) + rank_of[symbol]
            for start, symbol in zip(self._starts, self._symbols, strict=True)
        ]
        for row in sorted(range(len(places)), key=places.__getitem__):
            yield self._starts[row], symbols[self._symbols[row]], row

    def keep(self, row: int) -> None:
        """Keep a row, after those kept before."""
        self._kept.append(row)

    def numbers(self, row: int) -> Figures:
        first = row * _WIDTH
        volume, open_, close, high, low, vwap = self._numbers[first : first + _WIDTH]
        return volume, open_, close, high, low, vwap

    def end_before(self, instant: int) -> int:
        """The end of the last kept bar that starts before an instant, Unix milliseconds; 0 if there is none."""
        at = bisect_left(self._kept, instant, key=self._starts.__getitem__)
        return self._starts[self._kept[at - 1]] + self.seconds * 1000 if at else 0

    def line(self, row: int) -> int:
        """The line of the file that holds a row."""
        return self._lines[row]

    def __len__(self) -> int:
        """Rows kept."""
        return len(self._kept)

    @property
    def read(self) -> int:
        """Rows read."""
        return len(self._starts)

    def __iter__(self) -> Iterator[Bar]:
        symbols = list(self._ids)
        for row in self._kept:
            yield Bar(symbols[self._symbols[row]], self._starts[row], self.seconds, *self.numbers(row))
