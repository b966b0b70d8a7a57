"""The tables of a day, declared once: files, views, and what writes and merges them follow from :data:`TABLES`."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from history.fold.state import COLUMNS as OF_STATE
from history.fold.state import Kind
from leaderboard.day_values import DayValues
from leaderboard.fields import FIELDS, Source
from leaderboard.tape.entries import BAR

_KINDS = {Kind.TEXT: "U", Kind.WHOLE: "<i8", Kind.DOUBLE: "<f8", Kind.TRUTH: "?"}
_SQL = {
    "?": "BOOLEAN",
    "<u2": "USMALLINT",
    "<u4": "UINTEGER",
    "<i8": "BIGINT",
    "<f8": "DOUBLE",
    "U": "VARCHAR",
    "S": "BLOB",
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the column.
        kind: ``U``: text; ``S``: bytes; else numpy's name of the type. Texts and bytes are objects in arrays, and
            None is null. In a column of doubles NaN is null.
    """

    name: str
    kind: str

    @property
    def sql(self) -> str:
        """DuckDB's name of the type."""
        return _SQL[self.kind]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of the array that is written."""
        return np.dtype(object if self.kind in "US" else self.kind)

    @property
    def quoted(self) -> str:
        """The name in SQL."""
        return f'"{self.name}"'

    @property
    def written(self) -> str:
        """SQL of its values from such an array."""
        # An array without any text has no type.
        value = f"nullif({self.quoted}, 'nan'::DOUBLE)" if self.kind == "<f8" else f"{self.quoted}::{self.sql}"
        return f"{value} AS {self.quoted}"


@dataclass(frozen=True)
class Table:
    """A table of a day.

    Attributes:
        name: of its view and, with ``.parquet``, of its files.
        columns: in their order.
        order: names of the columns by which it is sorted.
        portion: positions, of which each file holds the rows together, sorted among themselves; 0: all of them.
    """

    name: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    portion: int = 0

    @property
    def file(self) -> str:
        """Name of its file in a part."""
        return f"{self.name}.parquet"

    @property
    def order_by(self) -> str:
        """How SQL sorts its rows."""
        return ", ".join(self.order)

    @property
    def file_order_by(self) -> str:
        """How SQL sorts the rows of a file."""
        return f"position // {self.portion}, {self.order_by}" if self.portion else self.order_by


def _columns(kind: str, *names: str) -> Iterator[Column]:
    return (Column(name, kind) for name in names)


_POSITION = Column("position", "<i8")
_AT = Column("written_at", "<i8")
_REVISION = Column("revision", "<i8")
_SYMBOL = Column("symbol", "U")
_OUTCOME = Column("outcome", "U")
# Of a row about one event of a batch.
_OF_EVENT = (_POSITION, Column("event", "<u2"), _AT, _REVISION, _SYMBOL, _OUTCOME)

# `written_at` is when the entry was written, by the clock of the boards' Redis, in Unix milliseconds; `at` is a
# word of SQL. So is `references`: SQL has to quote that table's name.

#: The reference fields of the row.
FIGURES = tuple(field.name for field in FIELDS if field.source is Source.REFERENCE)

#: Every bar as it came, those that were conflated away too. `n` is its place in the entry, from 0, `outcome` that
#: of the event that carried it; only bars with an outcome of :data:`leaderboard.tape.entries.IN_EFFECT` count.
BARS = Table(
    "bars",
    (
        _POSITION,
        Column("n", "<u4"),
        _AT,
        _REVISION,
        _SYMBOL,
        _OUTCOME,
        *(Column(name, BAR[name].str.replace("|b1", "?")) for name in BAR.names or ()),
    ),
    ("symbol", "start_timestamp", "position", "n"),
    # A board takes all symbols' bars of some minutes, candles one symbol's of all the day.
    portion=1_000_000,
)

#: Events whose rows got other reference fields, and all events of a refresh. `stand_ins` are the names of the
#: fields for which the event's own values stand in, between commas; the figures are null where they stay as they
#: were.
REFERENCES = Table(
    "references",
    (
        *_OF_EVENT,
        Column("refreshed", "?"),
        Column("stand_ins", "U"),
        *_columns("<f8", *FIGURES),
    ),
    ("symbol", "position", "event"),
)

#: What events say of their symbol's day beside their bars, where a row was read back whose bars are not known:
#: start and end of the bar whose open price the event has, then :class:`leaderboard.day_values.DayValues`.
RESTORED = Table(
    "restored",
    (
        *_OF_EVENT,
        *_columns("<i8", "open_start", "open_end"),
        *_columns("<f8", *DayValues._fields),
    ),
    ("symbol", "position", "event"),
)

#: Reference data that was stored, as :class:`leaderboard.tape.entries.LearnedSymbol`; `day` is ``YYYYMMDD``.
LEARNED = Table(
    "learned",
    (
        _POSITION,
        _AT,
        _REVISION,
        _SYMBOL,
        Column("day", "<i8"),
        *_columns("U", "version", "previous", "profile"),
        Column("volume_profile", "S"),
    ),
    ("symbol", "position"),
)

#: Where the session clock's number changed or was set, and where a recorder came: `kind` is ``bars`` (a bar rolled
#: it), ``roll``, ``move_keep`` or ``move_clear`` (an operator moved it), or ``start`` (a recorder came).
SESSIONS = Table(
    "sessions",
    (_POSITION, _AT, _REVISION, Column("session", "<i8"), Column("kind", "U")),
    ("position",),
)

#: What was published. `kind` ``boards``: a tick of the boards. ``digests``: the digest of each board of a tick, by
#: its `name`. ``screens``: a tick of the screens: a row without a name, with the screens' definitions where they
#: changed and once a minute, and a row with the digest of each screen. `revision` is that of the rows that were
#: published; digests are the hex SHA-1 of the published JSON. ``alerts``, with the name ``anew``: at this tick of
#: the screens the rules of alerts knew of no tick before. ``partial``: this tick of the screens has no digests, as
#: :attr:`leaderboard.tape.entries.ScreensTicked.is_partial` says.
TICKS = Table(
    "ticks",
    (
        _POSITION,
        _AT,
        Column("slot", "<i8"),
        _REVISION,
        Column("published_at", "<i8"),
        *_columns("U", "kind", "name", "digest", "definitions"),
    ),
    ("position", "kind", "name"),
)

#: Times of which the boards are not known, each from one position and time to another. Bars within them may be
#: missing. `why` is a sentence. Where recording stopped on an earlier day, that day's folder has a gap too, up to
#: its end.
GAPS = Table(
    "gaps",
    (*_columns("<i8", "from_position", "from_at", "to_position", "to_at"), Column("why", "U")),
    ("from_at",),
)

#: The positions of which there is a state. `kind` is ``base`` (read from Redis, after a gap) or ``checkpoint``
#: (folded from the tape), `revision` and `session` those of its position, `symbols` how many have traded.
CHECKPOINTS = Table(
    "checkpoints",
    (_POSITION, _AT, _REVISION, Column("session", "<i8"), Column("kind", "U"), Column("symbols", "<i8")),
    ("position",),
)

#: The state of every symbol at these positions. A base is read while the tape goes on: an entry after its position
#: counts for a symbol if its revision is greater than the symbol's.
STATES = Table(
    "states",
    (_POSITION, *(Column(column.name, _KINDS[column.kind]) for column in OF_STATE)),
    ("position", "symbol"),
)

#: The last entry of each part as it was written: a recorder that starts again looks whether the tape still has it.
ANCHORS = Table("anchors", (_POSITION, _AT, _REVISION, Column("session", "<i8")), ("position",))

TABLES = (BARS, REFERENCES, RESTORED, LEARNED, SESSIONS, TICKS, GAPS, CHECKPOINTS, STATES, ANCHORS)
BY_NAME = {table.name: table for table in TABLES}
