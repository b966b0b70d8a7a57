"""The columns of a market's state: all that the boards need to know of each symbol's day so far.

A state and the tape behind it give every later board. The archive's table of states has these columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.fields import FIELDS, STOOD_IN_FOR, Source


class Kind(StrEnum):
    """What a column holds, as DuckDB names the type."""

    TEXT = "VARCHAR"
    WHOLE = "BIGINT"
    DOUBLE = "DOUBLE"
    TRUTH = "BOOLEAN"

    @property
    def dtype(self) -> np.dtype[Any]:
        """Numpy's type of the column."""
        return _DTYPES[self]


_DTYPES = {
    Kind.TEXT: np.dtype(object),
    Kind.WHOLE: np.dtype(np.int64),
    Kind.DOUBLE: np.dtype(np.float64),
    Kind.TRUTH: np.dtype(np.bool_),
}


@dataclass(frozen=True)
class Column:
    """One column of a state.

    Attributes:
        name: its name; a field of the row that the newest bar or reference data brings has the field's name.
        kind: what it holds. Times are Unix milliseconds, prices dollars, volumes shares; 0: there is none.
    """

    name: str
    kind: Kind = Kind.DOUBLE


_TIMES = ("start_timestamp", "end_timestamp")

#: Of the symbol's newest bar.
NEWEST = tuple(
    Column(field.name, Kind.WHOLE if field.name in _TIMES else Kind.DOUBLE)
    for field in FIELDS
    if field.source is Source.EVENT
)

#: Of the earliest bar with an open price in the pre-market, and in the regular session: start, end and open.
OPENS = (
    Column("pre_open_start", Kind.WHOLE),
    Column("pre_open_end", Kind.WHOLE),
    Column("pre_open"),
    Column("regular_open_start", Kind.WHOLE),
    Column("regular_open_end", Kind.WHOLE),
    Column("regular_open"),
)

#: Of the day's bars together: fields of the row; and of the newest bar of the regular hours its end, accumulated
#: volume and start, which say whether another one is newer.
DAY = (
    Column("day_high"),
    Column("high_at", Kind.WHOLE),
    Column("day_low"),
    Column("pre_high"),
    Column("pre_low"),
    Column("regular_close_end", Kind.WHOLE),
    Column("regular_close_volume"),
    Column("regular_close_start", Kind.WHOLE),
    Column("regular_close"),
)

#: The reference fields with which the row was made.
REFERENCES = tuple(Column(field.name) for field in FIELDS if field.source is Source.REFERENCE)

#: What each field for which a bar's value may stand in adds to ``stand_ins``.
STAND_INS = {field.name: 1 << at for at, field in enumerate(STOOD_IN_FOR)}

#: Of each symbol that has traded on the day, in this order.
#:
#: - ``revision``: the symbol's part of the tape up to this revision is in the state.
#: - ``ranked``: False after an operator has moved the session clock, until the symbol is ranked again.
#: - ``stand_ins``: the sum that :attr:`leaderboard.reference.template.RowTemplate.stand_ins` describes; 0: none.
#: - ``profile_position``: position on the tape of the volume profile with which the row was made; 0: it was made
#:   with none. The archive's table of what was learned has the profile itself. A day's folder begins with all
#:   profiles known by then, and a state that is read from Redis is preceded by those that Redis holds.
COLUMNS = (
    Column("symbol", Kind.TEXT),
    Column("revision", Kind.WHOLE),
    Column("ranked", Kind.TRUTH),
    *NEWEST,
    *OPENS,
    *DAY,
    *REFERENCES,
    Column("stand_ins", Kind.WHOLE),
    Column("profile_position", Kind.WHOLE),
)

#: Columns of a state by name, all of one length.
State = Mapping[str, NDArray[Any]]


def empty() -> State:
    """The state of a market in which nothing has traded on the day."""
    return {column.name: np.empty(0, column.kind.dtype) for column in COLUMNS}


def of_rows(rows: list[dict[str, Any]]) -> State:
    """A state of its rows, each a value by column; a missing one is 0."""
    defaults: dict[str, Any] = {column.name: False if column.kind is Kind.TRUTH else 0 for column in COLUMNS}
    whole = [defaults | row for row in rows]
    return {column.name: np.array([row[column.name] for row in whole], column.kind.dtype) for column in COLUMNS}
