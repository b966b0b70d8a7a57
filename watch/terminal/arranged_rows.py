"""Which rows of a board are shown, and in which order: filtered and sorted as the user asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from leaderboard.market.selection import Condition
from watch.terminal.row import Row


@dataclass(frozen=True)
class RowFilter:
    """What a row has to satisfy. Without anything, all rows pass.

    Attributes:
        text: as the user typed it.
        symbols: what the row's symbol has to begin with; empty: anything.
        conditions: all of which have to hold.
    """

    text: str = ""
    symbols: str = ""
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read conditions, and at most one beginning of symbols, with commas between: ``close >= 2, aa``.

        Raises:
            leaderboard.market.selection.ConditionError: a condition cannot be read.
        """
        symbols, conditions = "", []
        for part in filter(None, (part.strip() for part in text.split(","))):
            if part.isalnum() and not symbols:
                symbols = part.upper()
            else:
                conditions.append(Condition.parse(part))
        return cls(text.strip(), symbols, tuple(conditions))

    def passes(self, row: Row) -> bool:
        """Whether a row is shown."""
        return row.symbol.upper().startswith(self.symbols) and all(
            condition.holds(lambda name: row.numbers.get(name, math.nan)) for condition in self.conditions
        )


#: Lets all rows pass.
EVERYTHING = RowFilter()


@dataclass(frozen=True)
class Sort:
    """What rows are sorted by, instead of their ranks.

    Attributes:
        field: of the row.
        descending: whether the highest comes first.
    """

    field: str
    descending: bool = True

    def reversed(self) -> "Sort":
        return Sort(self.field, not self.descending)


def arranged(rows: Sequence[Row], row_filter: RowFilter, sort: Sort | None) -> Sequence[Row]:
    """The rows that pass, in order. Equal ones keep the order of their ranks; those without a value come last."""
    passing = [row for row in rows if row_filter.passes(row)]
    if sort is None:
        return passing
    known = [row for row in passing if sort.field in row.numbers]
    unknown = [row for row in passing if sort.field not in row.numbers]
    sign = -1 if sort.descending else 1
    return [*sorted(known, key=lambda row: sign * row.numbers[sort.field]), *unknown]
