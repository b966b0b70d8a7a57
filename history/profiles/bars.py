"""Bars of a few files, each once, and what traded by each time of a day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy.typing as npt

from history.database import Database
from history.errors import HistoryError
from history.profiles.flat_file import FlatFile
from history.profiles.symbol_numbers import SymbolNumbers
from leaderboard.flat_file_lines import BarInFile, Figures, conflict, lines
from leaderboard.reference.volume_profile import STEP, TIMES
from leaderboard.sessions import DAY_START, NEW_YORK, Phase, Session

#: Milliseconds from a trading day's start to the last time of a profile.
DAY = STEP * (TIMES - 1)
_HOUR = 3_600_000
# The end of a bar, Unix milliseconds.
_END = "start + seconds * 1000"


class Bars:
    """All bars of some files.

    Symbols have numbers, from 0, which they keep from one object to the next of the same database.

    Args:
        database: has no other bars, and loses those that it had before.
        files: all files that may hold bars of the same days.

    Attributes:
        repeated: the number of dropped duplicate rows.

    Raises:
        HistoryError: two bars of a symbol overlap and differ, or there are too many symbols.
    """

    def __init__(self, database: Database, files: Sequence[FlatFile]) -> None:
        self._database = database
        self._files = files
        database.execute("DROP TABLE IF EXISTS bars")
        database.execute("CREATE TABLE bars AS " + " UNION ALL ".join(file.relation for file in files))
        self.repeated = self._deduplicate() if self._overlaps() else 0
        self._numbers = SymbolNumbers(database)
        self._numbers.add("bars")

    def dates(self) -> list[date]:
        """The dates in New York on which bars start between 04:00 and 20:00, the newest first."""
        starts = (
            datetime.fromtimestamp(hour * _HOUR / 1000, NEW_YORK)
            for (hour,) in self._database.rows(f"SELECT DISTINCT start // {_HOUR} FROM bars")
        )
        last = DAY_START.hour + DAY // _HOUR
        return sorted({start.date() for start in starts if DAY_START.hour <= start.hour < last}, reverse=True)

    def volumes(self, day: date) -> Sequence[npt.NDArray[Any]]:
        """What traded on a day: three arrays of one length.

        Returns:
            The number of a symbol, one of the profile's times, as a number from 0, and the shares that traded in
            the five minutes until then: those of the bars that end after the time before it.
        """
        start = Session(day, Phase.PRE).start
        return self._database.arrays(f"""
            SELECT number, ({_END} - {start} + {STEP - 1}) // {STEP} AS time, sum(volume) AS volume
            FROM bars JOIN symbols USING (symbol)
            WHERE start >= {start} AND {_END} <= {start + DAY}
            GROUP BY ALL
        """)

    def symbols(self) -> list[str]:
        """The symbols of all bars until now, by their number."""
        return self._numbers.symbols()

    # --- duplicate rows

    def _overlaps(self) -> list[tuple[str, int, int]]:
        """Two bars of a symbol, the second of which starts before the first has ended: symbol and both starts.

        Returns:
            The first such pair in the order of time, or nothing.
        """
        rows = self._database.rows(f"""
            SELECT symbol, before, start FROM (
                SELECT symbol, start, lag(start) OVER earlier AS before, lag({_END}) OVER earlier AS before_end
                FROM bars WINDOW earlier AS (PARTITION BY symbol ORDER BY start, seconds)
            )
            WHERE start < before_end ORDER BY start, symbol LIMIT 1
        """)
        return [(symbol, before, start) for symbol, before, start in rows]

    def _deduplicate(self) -> int:
        """Keep one of the rows that are alike; returns how many are dropped.

        Of a bar that one file takes for a minute and another for a second, the shorter is kept: a file with a
        single row looks like one of minutes.
        """
        database = self._database
        database.execute("""
            CREATE TABLE once AS SELECT symbol, start, min(seconds) AS seconds, volume, figures
            FROM bars GROUP BY symbol, start, volume, figures
        """)
        (((rows,),), ((kept,),)) = (database.rows(f"SELECT count(*) FROM {table}") for table in ("bars", "once"))
        database.execute("DROP TABLE bars")
        database.execute("ALTER TABLE once RENAME TO bars")
        if overlaps := self._overlaps():
            raise HistoryError(self._conflict(*overlaps[0]))
        return int(rows - kept)

    def _conflict(self, symbol: str, before: int, start: int) -> str:
        """The sentence about two bars of a symbol that overlap and differ, whose lines are searched for."""
        found: defaultdict[int, list[tuple[BarInFile, Figures]]] = defaultdict(list)
        for file in self._files:
            for line in lines(file.path):
                if line.symbol == symbol and line.start in (before, start):
                    bar = BarInFile(file.path, line.number, symbol, line.start, file.seconds)
                    found[line.start].append((bar, line.figures))
        first, figures = found[before][0]
        second = next(bar for bar, other in found[start] if start != before or other != figures)
        return conflict(first, second)
