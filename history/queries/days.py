"""The recorded days, and which seconds of them can be looked at."""

from functools import lru_cache
from pathlib import Path

from history.archive.day import Day, days
from history.archive.parquet import quoted, scan
from history.archive.part import Part
from history.archive.schema import BARS, GAPS, TICKS
from history.known_gap import KnownGap
from history.queries.candles import DayHours
from history.queries.connection import connection
from history.queries.viewable_day import ViewableDay

# Days that are remembered: each as it was with some parts. A part never changes.
_MOST_DAYS = 1024


def viewable_days(folder: Path) -> list[ViewableDay]:
    """The days on which boards were published, the oldest first.

    Args:
        folder: where history is recorded.

    Raises:
        OSError, duckdb.Error: a file cannot be read.
    """
    return [found for day in days(folder) if (found := _recorded(day.folder, tuple(day.parts())))]


@lru_cache(_MOST_DAYS)
def _recorded(folder: Path, parts: tuple[Part, ...]) -> ViewableDay | None:
    day = Day(folder)
    published = _published(day, parts)
    if published is None:
        return None
    gaps = connection().execute(
        f"SELECT from_at, to_at, why FROM {scan(GAPS, day.files(GAPS, parts))} ORDER BY from_at, to_at"
    )
    found = [KnownGap(*gap) for gap in gaps.fetchall()]
    return ViewableDay(day.date, DayHours.of(day.date), *published, *_bars(day, parts), found)


def _published(day: Day, parts: tuple[Part, ...]) -> tuple[int, int] | None:
    """When boards were published first and last, Unix milliseconds; None: they were not."""
    ends: list[int] = []
    files = day.files(TICKS, parts)
    for aggregate, ordered in (("min", files), ("max", files[::-1])):
        # Parts follow one another in time: the outermost with a tick of the boards has it.
        for file in ordered:
            query = f"SELECT {aggregate}(published_at) FROM {scan(TICKS, [file])} WHERE kind = 'boards'"
            ((at,),) = connection().execute(query).fetchall()
            if at is not None:
                ends.append(at)
                break
    return (ends[0], ends[1]) if ends else None


def _bars(day: Day, parts: tuple[Part, ...]) -> tuple[int | None, int | None]:
    """Start of the first bar and end of the last one, Unix milliseconds, from the statistics of row groups."""
    files = day.files(BARS, parts)
    if not files:
        return None, None
    names = ", ".join(quoted(file) for file in {files[0], files[-1]})
    ((first, last),) = (
        connection()
        .execute(f"""
        SELECT min(stats_min_value::BIGINT) FILTER (path_in_schema = 'start_timestamp'),
            max(stats_max_value::BIGINT) FILTER (path_in_schema = 'end_timestamp')
        FROM parquet_metadata([{names}]) WHERE path_in_schema IN ('start_timestamp', 'end_timestamp')
    """)
        .fetchall()
    )
    return first, last
