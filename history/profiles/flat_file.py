"""A flat file as DuckDB reads it: in parallel, a hundred times as fast as line by line."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count
from pathlib import Path

import duckdb

from history.archive.parquet import quoted
from history.database import Database
from history.errors import HistoryError
from leaderboard.flat_file_lines import COLUMNS, FIGURES, TIMES, header, is_gzipped, lines
from leaderboard.sessions import NEW_YORK

#: Milliseconds.
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
# New York's midnights in UTC, in summer and in winter.
_MIDNIGHTS = (4 * _HOUR, 5 * _HOUR)
_CHUNK = 1 << 20
_names = count()


@dataclass(frozen=True)
class FlatFile:
    """The bars of one file, all lines of which are valid.

    Attributes:
        path: the file.
        relation: SQL of its bars: ``symbol``, ``start`` (Unix milliseconds), ``seconds`` (the bar's length),
            ``volume`` (shares) and ``figures``, a hash of the bar's volume and prices.
        seconds: the length of its bars.
        rows: how many lines it has.
        first, last: the dates in New York of its first and its last bar.
    """

    path: Path
    relation: str
    seconds: int
    rows: int
    first: date
    last: date


def survey(database: Database, path: Path, bar_seconds: int | None = None) -> FlatFile:
    """Read a file once, to learn what it holds and that all of it is valid.

    Args:
        database: reads the file.
        path: the file.
        bar_seconds: length of its bars. None: 1 or 60, by the spacing of the bars.

    Raises:
        FlatFileError: it cannot be read. The text names the file and, if possible, the line and the column.
        HistoryError: it is a pipe, or holds no bars, or day aggregates, or DuckDB cannot read what is valid
            otherwise.
    """
    if not path.is_file():
        raise HistoryError(f"{path} is not a regular file, and each file is read more than once.")
    bars = _bars(database, path, header(path))
    _check_gzip(path)
    try:
        answer = database.rows(f"""
            SELECT count(*), min(start), max(start), min(start % {_MINUTE}), max(start % {_MINUTE}),
                bool_and(start % {_DAY} IN {_MIDNIGHTS})
            FROM ({bars})
        """)
    except duckdb.Error as error:
        raise _explained(path, error) from error
    ((rows, first, last, least, most, may_be_daily),) = answer
    if not rows:
        raise HistoryError(f"There are no bars in {path}.")
    if may_be_daily and _is_daily(database, bars):
        raise HistoryError(
            f"{path} holds day aggregates, which tell no time of day: profiles are made of minutes or seconds."
        )
    seconds = bar_seconds or _seconds(first, last, least, most)
    relation = f"SELECT symbol, start, {seconds} AS seconds, volume, figures FROM ({bars})"
    return FlatFile(path, relation, seconds, rows, _date(first), _date(last))


def _bars(database: Database, path: Path, names: Sequence[str]) -> str:
    """SQL of a file's lines. It fails at a line that is not valid."""
    link = database.folder / f"{next(_names)}.csv"
    link.symlink_to(path.absolute())
    # Of a repeated name the first column counts. Columns that nobody reads need no name of their own.
    wanted = {names.index(name): name for name in (*COLUMNS, "vwap") if name in names}
    types = {"ticker": "VARCHAR", "window_start": "VARCHAR"}
    columns = ", ".join(
        f"'{wanted[at]}': '{types.get(wanted[at], 'DOUBLE')}'" if at in wanted else f"'column{at}': 'VARCHAR'"
        for at in range(len(names))
    )
    # A missing column `vwap` counts as one without values.
    vwap = "coalesce(vwap, 0)" if "vwap" in names else "0::DOUBLE"
    figures = [vwap if name == "vwap" else name for name in FIGURES]
    # As text, a start that a spreadsheet has rounded to 1.38115E+18 is recognized by its length.
    valid = [
        "ticker IS NOT NULL",
        "strlen(trim(window_start)) BETWEEN 18 AND 19",
        f"CAST(window_start AS BIGINT) BETWEEN {TIMES.start} AND {TIMES.stop - 1}",
        *(f"isfinite({figure}) AND {figure} >= 0" for figure in figures),
    ]
    return f"""
        SELECT ticker AS symbol,
            CASE WHEN {" AND ".join(valid)} THEN CAST(window_start AS BIGINT) // 1000000
                ELSE error('a line is not valid') END AS start,
            volume, hash({", ".join(figures)}) AS figures
        FROM read_csv({quoted(link)}, auto_detect = false, header = false, skip = 1, delim = ',', quote = '"',
            escape = '"', columns = {{{columns}}}, compression = '{"gzip" if is_gzipped(path) else "none"}')
    """


def _check_gzip(path: Path) -> None:
    """Read a gzipped file to its end: unlike DuckDB, Python compares the checksum."""
    if not is_gzipped(path):
        return
    try:
        with gzip.open(path) as file:
            while file.read(_CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        raise HistoryError(f"{path} cannot be read: {error}.") from error


def _is_daily(database: Database, bars: str) -> bool:
    """Whether all bars start at midnight in New York, when nothing trades. There are few such times."""
    starts = database.rows(f"SELECT DISTINCT start FROM ({bars})")
    return all(datetime.fromtimestamp(start / 1000, NEW_YORK).time() == time() for (start,) in starts)


def _seconds(first: int, last: int, least: int, most: int) -> int:
    """The length of bars: those of minutes start whole minutes apart, or on the minute if all start together.

    Args:
        first, last: the first and the last start, Unix milliseconds.
        least, most: the same of their milliseconds within the minute.
    """
    are_minutes = least == most if first < last else not least
    return 60 if are_minutes else 1


def _date(timestamp: int) -> date:
    return datetime.fromtimestamp(timestamp / 1000, NEW_YORK).date()


def _explained(path: Path, error: duckdb.Error) -> HistoryError:
    """What is wrong with a file that DuckDB does not read.

    Raises:
        FlatFileError: which line and column is wrong.
    """
    for _ in lines(path):
        pass
    # Lines with more cells than the header, for example.
    parts = str(error).partition("Possible fixes")[0].splitlines()
    problem = ", ".join(stripped for part in parts if (stripped := part.strip()))
    return HistoryError(f"{path} cannot be read: {problem.rstrip('.')}.")
