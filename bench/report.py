"""Figures and how they are shown."""

from collections import defaultdict
from statistics import median

from rich.table import Table


class Figures:
    """Measurements by name, in the order in which the names first came.

    Args:
        title: what is measured.
        unit: of all its figures.
    """

    def __init__(self, title: str, unit: str) -> None:
        self.title = title
        self.unit = unit
        self._rounds: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, figure: float) -> None:
        self._rounds[name].append(figure)

    def table(self) -> Table:
        """One line a name, the ratio against the first name's median beside it."""
        table = Table(title=f"{self.title} ({self.unit})", title_justify="left")
        table.add_column("")
        for column in ("min", "median", "max", "ratio"):
            table.add_column(column, justify="right")
        base = median(next(iter(self._rounds.values())))
        for name, rounds in self._rounds.items():
            middle = median(rounds)
            shown = (f"{each:,.1f}" for each in (min(rounds), middle, max(rounds)))
            table.add_row(name, *shown, f"{middle / base:.2f}" if base else "")
        return table
