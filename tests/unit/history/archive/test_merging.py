"""Parts are merged, and readers see each bar once at any time."""

import os
from pathlib import Path

import duckdb
import pytest

from history.archive import merging
from history.archive.day import GRACE, Day
from history.archive.merging import FAN, Merger, next_merge
from history.archive.part import Kind, Part, parts_in
from history.archive.rows import rows_of
from history.archive.writing import PartWriter
from tests.support.history.entries import batch
from tests.support.market import TODAY

HOUR, LATER = "20261120T14", "20261120T15"


def part(first: int, last: int, kind: Kind = Kind.PART, hour: str = HOUR) -> Part:
    return Part(hour, first, last, kind)


def write(history: Path, count: int) -> list[Part]:
    """So many parts of a bar each, in one hour; the symbols are in the reverse order."""
    writer = PartWriter(history)
    entries = [batch(n, (chr(ord("Z") - n), "09:31:00")) for n in range(1, count + 1)]
    return [
        writer.write(f"{TODAY}", rows_of([entry], 0), first=entry.position, last=entry.position, at=entry.at)
        for entry in entries
    ]


def test_enough_parts_of_the_present_hour_are_merged() -> None:
    parts = [part(n, n) for n in range(FAN - 1)]
    assert next_merge(parts, HOUR) is None
    parts = [part(0, 7, Kind.MERGED), *(part(n, n) for n in range(8, 8 + FAN))]
    assert next_merge(parts, HOUR) == (parts[1:], part(8, 7 + FAN, Kind.MERGED))


def test_all_parts_of_an_hour_that_is_over_become_one() -> None:
    parts = [part(1, 5, Kind.MERGED), part(6, 6), part(7, 7, hour=LATER)]
    assert next_merge(parts, LATER) == (parts[:2], part(1, 6, Kind.HOUR))
    assert next_merge([part(1, 6, Kind.HOUR), part(7, 7, hour=LATER)], "20261120T16") is None


def test_an_hour_of_very_many_bars_becomes_several_parts() -> None:
    most = merging.MOST_BARS
    parts = [part(1, 5), part(6, most), part(most + 1, most + 2), part(most + 3, most + 4)]
    assert next_merge(parts, LATER) == (parts[:2], part(1, most, Kind.HOUR))
    merged = [part(1, most, Kind.HOUR), *parts[2:]]
    assert next_merge(merged, LATER) == (parts[2:], part(most + 1, most + 4, Kind.HOUR))
    assert next_merge([merged[0], part(most + 1, most + 4, Kind.HOUR)], LATER) is None


def test_a_merged_part_has_all_rows_sorted(tmp_path: Path) -> None:
    # Given parts of an hour that is over
    parts, day = write(tmp_path, 3), Day(tmp_path / f"{TODAY}")
    # When they are merged
    merger = Merger(tmp_path)
    assert merger.step(day.folder, LATER)
    assert not merger.step(day.folder, LATER)
    # Then readers read one part, with the bars by symbol
    assert day.parts() == [part(1, 3, Kind.HOUR)]
    database = duckdb.connect()
    day.views(database)
    assert database.execute("SELECT symbol FROM bars").fetchall() == [("W",), ("X",), ("Y",)]
    # And who has found the parts before can still read them
    assert {*parts} < {*parts_in(day.folder)}


def test_what_was_merged_is_removed_after_a_while(tmp_path: Path) -> None:
    # Given a merged part, and those that it was made of
    write(tmp_path, 3)
    day, merger = tmp_path / f"{TODAY}", Merger(tmp_path)
    merger.step(day, LATER)
    (merged,) = Day(day).parts()
    # When the readers' time is over
    past = (day / merged.name).stat().st_mtime - GRACE
    os.utime(day / merged.name, (past, past))
    merger.step(day, LATER)
    # Then only that one is left
    assert [path.name for path in day.iterdir()] == [merged.name]


def test_a_merge_that_fails_changes_nothing(tmp_path: Path) -> None:
    # Given parts, one of whose files is damaged
    parts, day = write(tmp_path, 2), tmp_path / f"{TODAY}"
    (day / parts[1].name / "bars.parquet").write_bytes(b"damaged")
    # When they are merged
    with pytest.raises(duckdb.Error):
        Merger(tmp_path).step(day, LATER)
    # Then they are as before
    assert parts_in(day) == parts
    assert len([*day.iterdir()]) == 2
