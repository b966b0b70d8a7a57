"""Figures and how they are shown."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from rich.table import Table


@dataclass(frozen=True)
class Spread:
    """What the rounds of one measurement came to."""

    least: float
    middle: float
    most: float


class Figures:
    """Measurements by name, in the order in which the names first came.

    Args:
        title: what is measured.
        unit: of all its figures.
    """

    def __init__(self, title: str, unit: str) -> None:
        self.title = title
        self.unit = unit
        self.rounds: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, figure: float) -> None:
        self.rounds[name].append(figure)

    def __iter__(self) -> Iterator[tuple[str, Spread]]:
        for name, rounds in self.rounds.items():
            yield name, Spread(min(rounds), median(rounds), max(rounds))

    def median(self, name: str) -> float:
        return median(self.rounds[name])

    def table(self) -> Table:
        """One line a name, the ratio against the first name's median beside it."""
        table = Table(title=f"{self.title} ({self.unit})", title_justify="left")
        table.add_column("")
        for column in ("min", "median", "max", "ratio"):
            table.add_column(column, justify="right")
        base = 0.0
        for name, spread in self:
            base = base or spread.middle
            shown = (f"{each:,.1f}" for each in (spread.least, spread.middle, spread.most))
            table.add_row(name, *shown, f"{spread.middle / base:.2f}" if base else "")
        return table
