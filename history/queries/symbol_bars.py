"""A symbol's bars of a recorded day, read from the few row groups that have them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from history.archive.day import Day
from history.archive.parquet import scan
from history.archive.remembered import remembered_rows
from history.archive.schema import BARS, GAPS, RESTORED
from history.errors import NothingRecordedError
from history.known_gap import KnownGap
from history.queries.candles import BAR, Bars, trading_span
from history.queries.connection import connection
from leaderboard.tape.entries import IN_EFFECT

_MINUTE = 60_000


class SymbolDay:
    """A symbol on a day, as the archive has it now.

    Args:
        folder: where history is recorded.
        symbol: the symbol.
        day: the trading day.
        last: only bars up to this position of the tape; None: all.

    Raises:
        NothingRecordedError: there is no such day.
    """

    def __init__(self, folder: Path, symbol: str, day: date, last: int | None = None) -> None:
        self._day = Day(folder / day.isoformat())
        self._symbol = symbol
        self._last = last
        self._span = trading_span(day)
        # Named once: a part may be merged into another between two queries.
        self._parts = [part for part in self._day.parts() if last is None or part.first <= last]
        if not self._parts:
            raise NothingRecordedError(f"nothing is recorded of {day}")

    def bars(self, since: int | None = None, unread: Sequence[str] = ()) -> Bars:
        """Its bars in effect, in any order, some of which may be there twice.

        Args:
            since: only those that start at this time or later, Unix milliseconds; None: all of the day.
            unread: columns that stay 0; each that is read takes as long as any other.

        Returns:
            Rows of :data:`history.queries.candles.BAR`.
        """
        names = [name for name in BAR.names or () if name not in unread]
        query = f"""
            SELECT {", ".join(names)} FROM {scan(BARS, self._day.files(BARS, self._parts))}
            WHERE symbol = ? AND start_timestamp >= ? AND start_timestamp < ? AND contains(?, outcome)
                {self._not_later()} {self._not_restored()}
        """
        values = [self._symbol, max(since or 0, self._span.start), self._span.stop, IN_EFFECT]
        columns = connection().execute(query, values).fetchnumpy()
        bars: Bars = np.zeros(len(columns[names[0]]), BAR)
        for name in names:
            bars[name] = columns[name]
        return bars

    def _not_later(self) -> str:
        return "" if self._last is None else f"AND position <= {self._last}"

    def _not_restored(self) -> str:
        """SQL that leaves out rows that were read back and applied again: their open is the session's."""
        files = self._day.files(RESTORED, self._parts)
        return (
            f"AND (position, event) NOT IN (SELECT (position, event) FROM {scan(RESTORED, files)})"
            if files
            else ""
        )

    def gaps(self) -> list[KnownGap]:
        """When bars of the day may be missing."""
        files = self._day.files(GAPS, self._parts)
        return [KnownGap(*row) for row in sorted(remembered_rows(connection(), files, "from_at, to_at, why"))]


def of_newest_minute(bars: Bars) -> Bars:
    """The bars that start in the minute of the newest one."""
    minutes = bars["start_timestamp"] // _MINUTE
    newest: Bars = bars[minutes == minutes.max(initial=0)]
    return newest
