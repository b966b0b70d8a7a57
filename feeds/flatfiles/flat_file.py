"""Reads flat files: CSV, plain or gzipped, one bar a line, as Massive publishes them."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from feeds.errors import FeedError
from feeds.flatfiles.bar import DAY, MINUTE
from feeds.flatfiles.bar_table import BarTable, Numbers
from leaderboard.sessions import NEW_YORK, session_of

#: The columns that a file must have; ``vwap`` is read where it is there, all others are ignored.
COLUMNS = ("ticker", "window_start", "volume", "open", "close", "high", "low")

# Nanoseconds from 1973 to 2100. A number outside is a time in another unit.
_TIMES = range(10**17, 4_102_444_800 * 10**9)
_GZIP = b"\x1f\x8b"
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
    hours: dict[int, BarTable] = {}
    # Bars of the hour after midnight, by date, and all others, by trading day.
    midnights: dict[date, BarTable] = {}
    days: dict[date, BarTable] = {}
    first, spacing = None, 0
    for symbol, start, numbers, line in _lines(path):
        hour = start // _HOUR
        bars = hours.get(hour)
        if bars is None:
            began = datetime.fromtimestamp(hour * _HOUR / 1000, NEW_YORK)
            kept, day = (days, session_of(start).day) if began.hour else (midnights, began.date())
            bars = hours[hour] = kept.setdefault(day, BarTable(path))
        bars.add(symbol, start, numbers, line)
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


def _lines(path: Path) -> Iterator[tuple[str, int, Numbers, int]]:
    """Each line's ticker, start in Unix milliseconds, prices and volume, and the number of the line."""
    with _opened(path) as file:
        lines = csv.reader(file)
        header = [name.strip() for name in next(lines, [])]
        for column in COLUMNS:
            if column not in header:
                raise FeedError(f"{path}, line 1: there is no column '{column}'.")
        ticker, window_start, volume, open_, close, high, low = [header.index(column) for column in COLUMNS]
        vwap = header.index("vwap") if "vwap" in header else None
        for cells in lines:
            if not cells:
                continue
            try:
                start = int(cells[window_start])
                numbers = (
                    float(cells[volume]),
                    float(cells[open_]),
                    float(cells[close]),
                    float(cells[high]),
                    float(cells[low]),
                    0.0 if vwap is None else float(cells[vwap] or 0),
                )
                valid = cells[ticker] and start in _TIMES and all(0 <= each < math.inf for each in numbers)
            except (ValueError, IndexError):
                valid = False
            if not valid:
                raise FeedError(f"{path}, line {lines.line_num}: {_problem(header, cells)}.")
            yield cells[ticker], start // 1_000_000, numbers, lines.line_num


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            zipped = raw.peek(2).startswith(_GZIP)
            unzipped = gzip.GzipFile(fileobj=raw) if zipped else raw
            # utf-8-sig: spreadsheets write a byte order mark, which would become part of the first column's name.
            with io.TextIOWrapper(unzipped, "utf-8-sig", newline="") as text:
                yield text
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"{path} cannot be read: {error}.") from error


def _problem(header: Sequence[str], cells: Sequence[str]) -> str:
    """Why a line is invalid."""
    line = dict(zip(header, cells, strict=False))
    for column in (*COLUMNS, "vwap"):
        cell = line.get(column)
        if cell is None:
            return f"column '{column}' is missing"
        if not cell and column != "vwap":
            return f"column '{column}' is empty"
        if column == "window_start" and not (cell.isdecimal() and int(cell) in _TIMES):
            return f"column 'window_start' holds {cell!r}, no Unix time in nanoseconds"
        if column not in ("ticker", "window_start") and not _is_amount(cell or "0"):
            return f"column '{column}' holds {cell!r}, no number of 0 or more"
    raise AssertionError(f"a valid line was refused: {cells}")


def _is_amount(cell: str) -> bool:
    try:
        number = float(cell)
    except ValueError:
        return False
    return math.isfinite(number) and number >= 0
