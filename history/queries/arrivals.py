"""The bars of a recorded day in the order in which they came."""

from collections.abc import Iterator
from typing import NamedTuple

from history.archive.day import Day
from history.archive.parquet import scan
from history.archive.schema import BARS
from history.database import Database
from leaderboard.event import Event

#: Positions that are read at once. A row is a few hundred bytes in memory.
CHUNK = 100_000

#: The outcomes of events that were sent again: of a session that had not begun, or with old reference data.
_SENT_AGAIN = "ER"
_FIELDS = [name for name in Event.__struct_fields__ if name != "event_type"]


class Arrival(NamedTuple):
    """A bar, and when it was applied by the server's clock, Unix milliseconds."""

    at: int
    event: Event


class Arrivals:
    """All bars of a day, also those that changed nothing. A bar is there as often as it was delivered.

    Args:
        database: reads the archive.
        day: the day. It may be recorded or merged meanwhile.
        start, end: only bars that were applied at `start` or later and before `end`, Unix milliseconds; None: all.
    """

    def __init__(self, database: Database, day: Day, start: int | None = None, end: int | None = None) -> None:
        self._database = database
        self._day = day
        # Openings that were restored are no bars: history.restoration gives them a negative volume.
        conditions = [f"NOT contains('{_SENT_AGAIN}', outcome)", "accumulated_volume >= 0"]
        if start is not None:
            conditions.append(f"written_at >= {start}")
        if end is not None:
            conditions.append(f"written_at < {end}")
        self._condition = " AND ".join(conditions)

    def count(self) -> int:
        """How many there are by now."""
        files = scan(BARS, self._day.files(BARS))
        ((bars,),) = self._database.rows(f"SELECT count(*) FROM {files} WHERE {self._condition}")
        return int(bars)

    def __iter__(self) -> Iterator[Arrival]:
        done = 0
        # Parts are listed anew for each chunk: the recorder merges them.
        while part := next((each for each in self._day.parts() if each.last > done), None):
            first = max(part.first, done + 1)
            done = min(part.last, first + CHUNK - 1)
            yield from self._between(scan(BARS, self._day.files(BARS, [part])), first, done)

    def _between(self, files: str, first: int, last: int) -> Iterator[Arrival]:
        rows = self._database.rows(f"""
            SELECT written_at, "minute", {", ".join(_FIELDS)} FROM {files}
            WHERE position BETWEEN {first} AND {last} AND {self._condition} ORDER BY position, n
        """)
        for at, minute, *values in rows:
            event = dict(zip(_FIELDS, values, strict=True))
            yield Arrival(at, Event(event_type="AM" if minute else "A", **event))
