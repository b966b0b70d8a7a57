"""What the archive has of a day, read from the files' metadata alone."""

from dataclasses import dataclass
from datetime import date

import duckdb

from history.archive.day import Day
from history.archive.parquet import quoted, scan
from history.archive.schema import BARS, GAPS
from history.known_gap import KnownGap


@dataclass(frozen=True)
class Summary:
    """What is recorded of a day.

    Attributes:
        day: the trading day.
        first, last: start of the first bar and end of the last one, Unix milliseconds; 0: there are no bars.
        bars: how many there are.
        size: bytes on disk.
        gaps: in the order of their beginnings.
    """

    day: date
    first: int
    last: int
    bars: int
    size: int
    gaps: tuple[KnownGap, ...]


def summary(day: Day) -> Summary:
    """What is recorded of a day.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    parts = day.parts()
    size = sum(path.stat().st_size for part in parts for path in (day.folder / part.name).iterdir())
    files = [quoted(file) for file in day.files(BARS, parts)]
    with duckdb.connect(config={"threads": 1}) as connection:
        first, last, bars = _bars(connection, ", ".join(files)) if files else (0, 0, 0)
        found = connection.execute(
            f"SELECT from_at, to_at, why FROM {scan(GAPS, day.files(GAPS, parts))} ORDER BY from_at, to_at"
        ).fetchall()
    return Summary(day.date, first, last, bars, size, tuple(KnownGap(*gap) for gap in found))


def _bars(connection: duckdb.DuckDBPyConnection, files: str) -> tuple[int, int, int]:
    """Start of the first bar, end of the last one, and how many there are, from the statistics of row groups."""
    (found,) = connection.execute(f"""
        SELECT min(stats_min_value::BIGINT) FILTER (path_in_schema = 'start_timestamp'),
            max(stats_max_value::BIGINT) FILTER (path_in_schema = 'end_timestamp'),
            sum(num_values) FILTER (path_in_schema = 'position')
        FROM parquet_metadata([{files}])
        WHERE path_in_schema IN ('position', 'start_timestamp', 'end_timestamp')
    """).fetchall()
    first, last, bars = map(int, found)
    return first, last, bars
