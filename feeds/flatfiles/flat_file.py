"""Reads whole flat files and splits them into trading days."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from feeds.errors import FeedError
from feeds.flatfiles.bar import DAY, MINUTE
from feeds.flatfiles.bar_table import BarTable
from leaderboard.flat_file_lines import FlatFileError, lines
from leaderboard.sessions import NEW_YORK, session_of

# Milliseconds. Trading days and calendar days start on the hour, so the day is looked up once per hour of bars.
_HOUR = 3_600_000


@dataclass(frozen=True)
class FlatFile:
    """The bars of one file.

    Attributes:
        path: the file.
        seconds: the length of its bars.
        days: its bars by trading day; day aggregates by their date.
    """

    path: Path
    seconds: int
    days: dict[date, BarTable]

    @property
    def is_daily(self) -> bool:
        """Whether it holds day aggregates, which have no time of day."""
        return self.seconds == DAY

    def summary(self) -> str:
        """A sentence for the user: the kind of bars, and how many of each day."""
        kind = "day aggregates" if self.is_daily else f"{self.seconds}-second bars"
        days = " and ".join(f"{self.days[day].read:,} of {day}" for day in sorted(self.days))
        return f"{self.path}: {kind}, {days or 'none'}"


def read(path: Path, bar_seconds: int | None = None) -> FlatFile:
    """Read a whole file, with its lines in any order.

    A file whose bars all start at midnight in New York holds day aggregates: nothing trades at that time.

    Args:
        path: the file.
        bar_seconds: length of its bars, unless they are day aggregates. None: 1 or 60, by the spacing of the bars.

    Raises:
        FeedError: it cannot be read. The text names the file and, if possible, the line and the column.
    """
    try:
        return _read(path, bar_seconds)
    except FlatFileError as error:
        raise FeedError(str(error)) from error


def _read(path: Path, bar_seconds: int | None) -> FlatFile:
    hours: dict[int, BarTable] = {}
    # Bars of the hour after midnight, by date, and all others, by trading day.
    midnights: dict[date, BarTable] = {}
    days: dict[date, BarTable] = {}
    first, spacing = None, 0
    for symbol, start, figures, line in lines(path):
        hour = start // _HOUR
        bars = hours.get(hour)
        if bars is None:
            began = datetime.fromtimestamp(hour * _HOUR / 1000, NEW_YORK)
            kept, day = (days, session_of(start).day) if began.hour else (midnights, began.date())
            bars = hours[hour] = kept.setdefault(day, BarTable(path))
        bars.add(symbol, start, figures, line)
        first = start if first is None else first
        spacing = math.gcd(spacing, start - first)
    if midnights and not days and not (first or 0) % _HOUR and not spacing % _HOUR:
        return _file(path, DAY, midnights)
    for bars in midnights.values():
        _move(bars, days)
    return _file(path, bar_seconds or _length(spacing or first or 0), days)


def _move(bars: BarTable, days: dict[date, BarTable]) -> None:
    """Add the bars of the hour after midnight to their trading days."""
    for start, symbol, row in bars.rows():
        day = days.setdefault(session_of(start).day, BarTable(bars.path))
        day.add(symbol, start, bars.numbers(row), bars.line(row))


def _file(path: Path, seconds: int, days: dict[date, BarTable]) -> FlatFile:
    for bars in days.values():
        bars.seconds = seconds
    return FlatFile(path, seconds, days)


def _length(spacing: int) -> int:
    # Minute bars start whole minutes apart. If all bars start together, minute bars start on the minute.
    return 1 if spacing % (MINUTE * 1000) else MINUTE
