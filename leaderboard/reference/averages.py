"""Average daily volumes out of whole-market days, of which only sums are kept."""

from collections.abc import Mapping


class AverageVolumes:
    """Takes the market's days, the oldest first.

    A symbol's average is over the days since it first traded among them, for a new listing had no volume to have
    before; later days on which it did not trade count as 0. A day without any volume is none of the market's and
    does not count.
    """

    def __init__(self) -> None:
        self._days = 0
        # By symbol: shares in all, and how many days there were before its first.
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, volumes: Mapping[str, float]) -> None:
        """The next day: symbol to shares."""
        if not volumes:
            return
        for symbol, volume in volumes.items():
            shares, before = self._sums.get(symbol, (0.0, self._days))
            self._sums[symbol] = shares + volume, before
        self._days += 1

    def averages(self) -> dict[str, float]:
        """Symbol to shares a day."""
        return {symbol: shares / (self._days - before) for symbol, (shares, before) in self._sums.items()}
