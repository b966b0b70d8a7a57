"""The lines of flat files: CSV, plain or gzipped, one bar a line, as Massive publishes them."""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from leaderboard.sessions import NEW_YORK

#: The columns that a file must have; ``vwap`` is read where it is there, all others are ignored.
COLUMNS = ("ticker", "window_start", "volume", "open", "close", "high", "low")
#: The figures of a line, in this order.
FIGURES = ("volume", "open", "close", "high", "low", "vwap")

#: Nanoseconds from 1973 to 2100. A number outside is a time in another unit.
TIMES = range(10**17, 4_102_444_800 * 10**9)
_GZIP = b"\x1f\x8b"

Figures = tuple[float, float, float, float, float, float]


class FlatFileError(Exception):
    """A file cannot be read. The text is a sentence: the file and, if possible, the line and the column."""


class Line(NamedTuple):
    """A line of a flat file.

    Attributes:
        symbol: the ticker.
        start: when the bar starts, Unix milliseconds.
        figures: :data:`FIGURES`: shares and dollars; a vwap of 0 is missing.
        number: of the line; the first is 1.
    """

    symbol: str
    start: int
    figures: Figures
    number: int


class BarInFile(NamedTuple):
    """A bar, and where it is written.

    Attributes:
        path: the file.
        line: the number of its line.
        symbol: the ticker.
        start: Unix milliseconds.
        seconds: its length.
    """

    path: Path
    line: int
    symbol: str
    start: int
    seconds: int

    @property
    def place(self) -> str:
        return f"{self.path}, line {self.line}"

    @property
    def time(self) -> str:
        return f"{datetime.fromtimestamp(self.start / 1000, NEW_YORK):%Y-%m-%d %H:%M:%S}"


def conflict(first: BarInFile, second: BarInFile) -> str:
    """The sentence about two bars of a symbol that overlap and differ. It names both lines."""
    if (first.start, first.seconds) == (second.start, second.seconds):
        problem = f"another bar of {second.symbol} at {second.time} ET, which differs from that of"
    else:
        problem = (
            f"the {second.seconds}-second bar of {second.symbol} at {second.time} ET overlaps the "
            f"{first.seconds}-second bar at {first.time} ET of"
        )
    return f"{second.place}: {problem} {first.place}."


def lines(path: Path) -> Iterator[Line]:
    """The lines below the header.

    Raises:
        FlatFileError: the file cannot be read to its end.
    """
    with _readable(path) as file:
        rows = csv.reader(file)
        names = _header(path, rows)
        ticker, window_start, volume, open_, close, high, low = [names.index(column) for column in COLUMNS]
        vwap = names.index("vwap") if "vwap" in names else None
        for cells in rows:
            if not cells:
                continue
            try:
                start = int(cells[window_start])
                figures = (
                    float(cells[volume]),
                    float(cells[open_]),
                    float(cells[close]),
                    float(cells[high]),
                    float(cells[low]),
                    0.0 if vwap is None else float(cells[vwap] or 0),
                )
                valid = cells[ticker] and start in TIMES and all(0 <= each < math.inf for each in figures)
            except (ValueError, IndexError):
                valid = False
            if not valid:
                raise FlatFileError(f"{path}, line {rows.line_num}: {_problem(names, cells)}.")
            yield Line(cells[ticker], start // 1_000_000, figures, rows.line_num)


def header(path: Path) -> list[str]:
    """The names of the columns, without spaces around them.

    Raises:
        FlatFileError: the file cannot be read, or a column is missing.
    """
    with _readable(path) as file:
        return _header(path, csv.reader(file))


def is_gzipped(path: Path) -> bool:
    """Whether a file is gzipped, by its first bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        return raw.peek(2).startswith(_GZIP)


@contextmanager
def _readable(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            unzipped = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(_GZIP) else raw
            # utf-8-sig: spreadsheets write a byte order mark, which would become part of the first column's name.
            with io.TextIOWrapper(unzipped, "utf-8-sig", newline="") as text:
                yield text
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise FlatFileError(f"{path} cannot be read: {error}.") from error


def _header(path: Path, rows: Iterator[list[str]]) -> list[str]:
    names = [name.strip() for name in next(rows, [])]
    for column in COLUMNS:
        if column not in names:
            raise FlatFileError(f"{path}, line 1: there is no column '{column}'.")
    return names


def _problem(names: Sequence[str], cells: Sequence[str]) -> str:
    """Why a line is invalid."""
    line = dict(zip(names, cells, strict=False))
    for column in (*COLUMNS, "vwap"):
        cell = line.get(column)
        if cell is None:
            return f"column '{column}' is missing"
        if not cell and column != "vwap":
            return f"column '{column}' is empty"
        if column == "window_start" and not (cell.isdecimal() and int(cell) in TIMES):
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
