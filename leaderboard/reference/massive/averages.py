"""Average daily volumes, computed from the whole market's days one by one."""

from collections.abc import Mapping


class AverageVolumes:
    """Takes the market's days, oldest first.

    A symbol's average starts with the first day on which it traded, so that a new listing is not averaged over
    days before it was listed. Later days without a trade count as 0. Days on which nothing traded are skipped:
    the market was closed.
    """

    def __init__(self) -> None:
        self._days = 0
        # By symbol: total shares, and the number of days before its first.
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, volumes: Mapping[str, float]) -> None:
        """Add the next day: symbol to shares."""
        if not volumes:
            return
        for symbol, volume in volumes.items():
            shares, before = self._sums.get(symbol, (0.0, self._days))
            self._sums[symbol] = shares + volume, before
        self._days += 1

    def averages(self) -> dict[str, float]:
        """Symbol to shares a day."""
        return {symbol: shares / (self._days - before) for symbol, (shares, before) in self._sums.items()}
